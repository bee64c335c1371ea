// SPDX-License-Identifier: MIT
// The wanted rights are looked at before GRANT.
//
// function:  kern/cap/delegation.c:check_source_locked
// breaks:    P5
// caught by: transfer-refused
// like:      a mistake that students make

static int check_source_locked(const struct cap_slot *source, uint64_t rights) {
    if (!source) return -EBADF;
    if ((rights & ~(uint64_t)source->rights) || (rights & CAP_GRANT)) return -EINVAL;
    if (!(source->rights & CAP_GRANT)) return -EACCES;
    return source->object->type->may_transfer ? 0 : -EINVAL;
}
