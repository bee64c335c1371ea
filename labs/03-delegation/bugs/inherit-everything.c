// SPDX-License-Identifier: MIT
// Not only files are inherited.
//
// function:  kern/cap/inherit.c:is_inherited
// breaks:    P13
// caught by: spawn-inherits
// like:      a directory that leaks into every descendant (FreeBSD EN-24:17)

static bool is_inherited(const struct cap_slot *slot) {
    return slot && slot->object->type->may_dup && !(slot->flags & CAP_CLOSE_ON_SPAWN);
}
