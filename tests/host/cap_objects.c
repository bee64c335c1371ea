// SPDX-License-Identifier: MIT
// Objects of made-up types for the tests of capability tables.
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "cap_objects.h"
#include "lib/print.h"

static uint32_t live; // atomic

static void destroy(struct object *object) {
    require(object->count == 0);
    __atomic_fetch_sub(&live, 1, __ATOMIC_RELAXED);
    memset(object, 0xdd, sizeof(*object));
    free(object);
}

static void describe(const struct object *object, char *name, size_t size) {
    format_string(name, size, "object of type %s", object->type->name);
}

#define TYPE(constant, type_code, text)                                                            \
    [type_code] = {.name = text,                                                                   \
                   .code = type_code,                                                              \
                   .rights = ALL_RIGHTS,                                                           \
                   .may_dup = type_code != CAP_TYPE_THREAD && type_code != CAP_TYPE_DELEGATE,      \
                   .may_transfer = type_code == CAP_TYPE_FILE,                                     \
                   .destroy = destroy,                                                             \
                   .describe = describe},
static const struct object_type types[] = {CAP_TYPE_LIST(TYPE)};
#undef TYPE

const struct object_type *test_type_of_code(uint32_t code) {
    require(code < sizeof(types) / sizeof(types[0]) && types[code].code == code);
    return &types[code];
}

struct object *test_object(const struct object_type *type) {
    struct object *object = malloc(sizeof(*object));
    object_init(object, type);
    __atomic_fetch_add(&live, 1, __ATOMIC_RELAXED);
    return object;
}

uint32_t test_objects_live(void) { return __atomic_load_n(&live, __ATOMIC_RELAXED); }

int mint(struct cap_space *space, uint32_t rights) {
    int slot = cap_space_mint(space, test_object(&test_file_type), rights, 0);
    require(slot >= 0);
    return slot;
}
