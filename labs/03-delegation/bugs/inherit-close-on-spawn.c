// SPDX-License-Identifier: MIT
// What is marked close-on-spawn is inherited.
//
// function:  kern/cap/inherit.c:is_inherited
// breaks:    P13
// caught by: spawn-inherits
// like:      close-on-exec that was not honoured (CVE-2024-21626)

static bool is_inherited(const struct cap_slot *slot) {
    return slot && slot->object->type->code == CAP_TYPE_FILE;
}
