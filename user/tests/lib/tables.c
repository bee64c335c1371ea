// SPDX-License-Identifier: MIT
// Questions about the process's own capability table, and filling it. No shared state.
#include "../check.h"

bool slot_is_live(int64_t slot) {
    struct cap_info info;
    return sys(cap_stat, slot, &info) == 0;
}

int64_t slot_lowest_free(void) {
    for (int64_t slot = 0; slot < CAP_SLOTS_ORDINARY; slot++)
        if (!slot_is_live(slot)) return slot;
    return -1;
}

int64_t slots_live(void) {
    int64_t live = 0;
    for (int64_t slot = 0; slot < CAP_SLOTS_ORDINARY; slot++) live += slot_is_live(slot);
    return live;
}

uint32_t slot_rights(int64_t slot) {
    struct cap_info info;
    CHECK_EQUAL(sys(cap_stat, slot, &info), 0);
    return info.rights;
}

int64_t table_fill(void) {
    for (int64_t filled = 0;; filled++) {
        int64_t slot = sys(dup, 0);
        if (slot < 0) {
            CHECK_EQUAL(slot, -EMFILE);
            return filled;
        }
    }
}

void table_close(int64_t first, int64_t last) {
    for (int64_t slot = first; slot <= last; slot++) sys(close, slot);
}
