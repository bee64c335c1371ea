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

const struct object_type test_file_type = {.name = "file",
                                           .code = CAP_TYPE_FILE,
                                           .rights = ALL_RIGHTS,
                                           .may_dup = true,
                                           .may_transfer = true,
                                           .destroy = destroy,
                                           .describe = describe};
const struct object_type test_thread_type = {.name = "thread",
                                             .code = CAP_TYPE_THREAD,
                                             .rights = CAP_READ | CAP_WRITE,
                                             .destroy = destroy,
                                             .describe = describe};
const struct object_type test_other_type = {.name = "queue",
                                            .code = CAP_TYPE_QUEUE,
                                            .rights = ALL_RIGHTS,
                                            .may_dup = true,
                                            .destroy = destroy,
                                            .describe = describe};

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
