// SPDX-License-Identifier: MIT
// One process's capability table. GRANT is the number of the grant that a capability was received
// under, or that a delegate handle can revoke.
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "caps.h"

struct row {
    int slot;
    struct cap_info info;
};

static struct row rows[CAP_SLOTS];
static int row_count;

static int inspect(pid_t pid, int slot, struct cap_info *info) {
    return pid == 0 ? cap_stat(slot, info) : cap_inspect(pid, slot, info);
}

// All live slots at about this moment: another process may change its table between the calls.
static void collect_rows(pid_t pid) {
    for (int slot = 0; slot < CAP_SLOTS; slot++) {
        struct row *row = &rows[row_count];
        row->slot = slot;
        if (inspect(pid, slot, &row->info) == 0)
            row_count++;
        else if (errno != EBADF)
            err(1, "process %d", pid);
    }
}

void format_rights(char *text, size_t size, uint32_t rights) {
    snprintf(text, size, "%c%c%c%c", rights & CAP_READ ? 'r' : '-', rights & CAP_WRITE ? 'w' : '-',
             rights & CAP_EXEC ? 'x' : '-', rights & CAP_GRANT ? 'g' : '-');
    uint32_t others = rights & ~(CAP_READ | CAP_WRITE | CAP_EXEC | CAP_GRANT);
    if (others != 0) snprintf(text + 4, size - 4, "+%x", others);
}

static int widest_name(void) {
    int width = (int)strlen("NAMES");
    for (int i = 0; i < row_count; i++) {
        int length = (int)strnlen(rows[i].info.name, sizeof(rows[i].info.name));
        if (length > width) width = length;
    }
    return width;
}

static void print_row(const struct row *row, int name_width) {
    const struct cap_info *info = &row->info;
    char rights[16], grant[24] = "-";
    format_rights(rights, sizeof(rights), info->rights);
    uint64_t number = info->type == CAP_TYPE_DELEGATE ? info->object_id : info->grant_epoch;
    if (number != 0) snprintf(grant, sizeof(grant), "%lu", number);
    printf("%4d  %-9s %-*s  %-6s %10u  %-14s  %s\n", row->slot, cap_type_name(info->type),
           name_width, info->name, rights, info->generation,
           info->flags & CAP_CLOSE_ON_SPAWN ? "close-on-spawn" : "-", grant);
}

void print_table(pid_t pid) {
    collect_rows(pid);
    int name_width = widest_name();
    printf("SLOT  %-9s %-*s  %-6s %10s  %-14s  %s\n", "TYPE", name_width, "NAMES", "RIGHTS",
           "GENERATION", "FLAGS", "GRANT");
    for (int i = 0; i < row_count; i++) print_row(&rows[i], name_width);
}
