// SPDX-License-Identifier: MIT
// Collecting the tables of all processes. Memory is kept until the program ends.
#include <err.h>
#include <stdlib.h>

#include "caps.h"

static void *grow(void *array, size_t count, size_t size) {
    // Doubled whenever the count is a power of two, so mostly nothing happens.
    if (count & (count - 1)) return array;
    void *larger = realloc(array, (count > 0 ? 2 * count : 1) * size);
    if (larger == NULL) err(1, "no memory");
    return larger;
}

static void collect_table(struct snapshot *snapshot, pid_t pid) {
    for (int slot = 0; slot < CAP_SLOTS; slot++) {
        struct holding holding = {.pid = pid, .slot = slot};
        if (cap_inspect(pid, slot, &holding.info) != 0) continue;
        snapshot->holdings =
            grow(snapshot->holdings, snapshot->holding_count, sizeof(snapshot->holdings[0]));
        snapshot->holdings[snapshot->holding_count++] = holding;
    }
}

void snapshot_take(struct snapshot *snapshot) {
    struct process_info info;
    *snapshot = (struct snapshot){0};
    for (pid_t pid = 1; process_info(pid, &info) > 0; pid = info.pid + 1) {
        snapshot->processes =
            grow(snapshot->processes, snapshot->process_count, sizeof(snapshot->processes[0]));
        snapshot->processes[snapshot->process_count++] = info;
        collect_table(snapshot, info.pid);
    }
}

const char *process_name(const struct snapshot *snapshot, pid_t pid) {
    for (size_t i = 0; i < snapshot->process_count; i++)
        if (snapshot->processes[i].pid == pid) return snapshot->processes[i].name;
    return "?";
}

const struct holding *find_giver(const struct snapshot *snapshot, uint64_t grant) {
    for (size_t i = 0; i < snapshot->holding_count; i++) {
        const struct holding *holding = &snapshot->holdings[i];
        if (holding->info.type == CAP_TYPE_DELEGATE && holding->info.object_id == grant)
            return holding;
    }
    return NULL;
}
