// SPDX-License-Identifier: MIT
// The authority graph in the language of Graphviz: boxes are processes, ellipses objects, an arrow
// is one or more equal slots, a dashed arrow is the power to revoke a grant. Threads are left out:
// each process has just its own. One statement a line; `make capgraph` reads them too.
#include <stdio.h>
#include <string.h>

#include "caps.h"

static bool is_drawn(const struct holding *holding) {
    return holding->info.type != CAP_TYPE_THREAD && holding->info.type != CAP_TYPE_DELEGATE;
}

// In a quoted string of the language.
static void print_quoted(const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') putchar('\\');
        putchar(*text);
    }
}

static void print_process(const struct process_info *process) {
    printf("  p%d [shape=box, label=\"process %d\\n", process->pid, process->pid);
    print_quoted(process->name);
    printf("\"];\n");
}

static bool is_first_of_its_object(const struct snapshot *snapshot, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (is_drawn(&snapshot->holdings[i]) &&
            snapshot->holdings[i].info.object_id == snapshot->holdings[index].info.object_id)
            return false;
    return true;
}

static void print_object(const struct cap_info *info) {
    printf("  o%lu [shape=ellipse, label=\"%s\\n", info->object_id, cap_type_name(info->type));
    print_quoted(info->name);
    printf("\"];\n");
}

// Whether two slots differ in nothing but their number.
static bool is_alike(const struct holding *a, const struct holding *b) {
    return is_drawn(b) && a->pid == b->pid && a->info.object_id == b->info.object_id &&
           a->info.rights == b->info.rights && a->info.grant_epoch == b->info.grant_epoch;
}

static void print_slots(const struct snapshot *snapshot, size_t first) {
    const struct holding *holding = &snapshot->holdings[first];
    char rights[16];
    for (size_t i = 0; i < first; i++)
        if (is_alike(holding, &snapshot->holdings[i])) return; // printed with that one
    format_rights(rights, sizeof(rights), holding->info.rights);
    printf("  p%d -> o%lu [label=\"", holding->pid, holding->info.object_id);
    for (size_t i = first; i < snapshot->holding_count; i++)
        if (is_alike(holding, &snapshot->holdings[i]))
            printf("%s%d", i > first ? "," : "", snapshot->holdings[i].slot);
    printf(" %s", rights);
    if (holding->info.grant_epoch != 0) printf("\\ngrant %lu", holding->info.grant_epoch);
    printf("\"];\n");
}

// From the holder of the handle to each process that holds something under the grant.
static void print_power(const struct snapshot *snapshot, size_t index) {
    const struct holding *holding = &snapshot->holdings[index];
    uint64_t grant = holding->info.grant_epoch;
    const struct holding *giver = grant != 0 ? find_giver(snapshot, grant) : NULL;
    if (giver == NULL) return;
    for (size_t i = 0; i < index; i++)
        if (snapshot->holdings[i].pid == holding->pid &&
            snapshot->holdings[i].info.grant_epoch == grant)
            return;
    printf("  p%d -> p%d [style=dashed, label=\"can revoke\\ngrant %lu\"];\n", giver->pid,
           holding->pid, grant);
}

void print_graph(const struct snapshot *snapshot) {
    printf("digraph authority {\n  rankdir=LR;\n");
    for (size_t i = 0; i < snapshot->process_count; i++) print_process(&snapshot->processes[i]);
    for (size_t i = 0; i < snapshot->holding_count; i++)
        if (is_drawn(&snapshot->holdings[i]) && is_first_of_its_object(snapshot, i))
            print_object(&snapshot->holdings[i].info);
    for (size_t i = 0; i < snapshot->holding_count; i++)
        if (is_drawn(&snapshot->holdings[i])) print_slots(snapshot, i);
    for (size_t i = 0; i < snapshot->holding_count; i++) print_power(snapshot, i);
    printf("}\n");
}
