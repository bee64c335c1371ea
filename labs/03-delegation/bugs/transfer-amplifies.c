// SPDX-License-Identifier: MIT
// More rights can be asked for than the giver has.
//
// function:  kern/cap/delegation.c:check_source_locked
// breaks:    P4
// caught by: transfer-refused
// like:      a handle duplicated with full rights (MS16-032)

static int check_source_locked(const struct cap_slot *source, uint64_t rights) {
    if (!source) return -EBADF;
    if (!(source->rights & CAP_GRANT)) return -EACCES;
    if ((rights & ~(uint64_t)source->object->type->rights) || (rights & CAP_GRANT)) return -EINVAL;
    return source->object->type->may_transfer ? 0 : -EINVAL;
}
