// SPDX-License-Identifier: MIT
// GRANT can be handed on.
//
// function:  kern/cap/delegation.c:check_source_locked
// breaks:    P5
// caught by: transfer-refused
// like:      a delegate that can delegate

static int check_source_locked(const struct cap_slot *source, uint64_t rights) {
    if (!source) return -EBADF;
    if (!(source->rights & CAP_GRANT)) return -EACCES;
    if (rights & ~(uint64_t)source->rights) return -EINVAL;
    return source->object->type->may_transfer ? 0 : -EINVAL;
}
