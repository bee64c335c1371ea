// SPDX-License-Identifier: MIT
// GRANT is not needed.
//
// function:  kern/cap/delegation.c:check_source_locked
// breaks:    P5
// caught by: transfer-refused single-hop
// like:      descriptors passed on by those who were only lent them

static int check_source_locked(const struct cap_slot *source, uint64_t rights) {
    if (!source) return -EBADF;
    if ((rights & ~(uint64_t)source->rights) || (rights & CAP_GRANT)) return -EINVAL;
    return source->object->type->may_transfer ? 0 : -EINVAL;
}
