// SPDX-License-Identifier: MIT
// Objects of made-up types for the tests of capability tables: they count themselves.
#pragma once

#include "cap/cap_space.h"

#define ALL_RIGHTS (CAP_READ | CAP_WRITE | CAP_EXEC | CAP_GRANT | 1u << 10)

// The made-up type with the code of a real one. Files may cross to another process, threads and
// delegations may not be duplicated; all rights are possible.
const struct object_type *test_type_of_code(uint32_t code);
#define test_file_type   (*test_type_of_code(CAP_TYPE_FILE))
#define test_thread_type (*test_type_of_code(CAP_TYPE_THREAD))
#define test_other_type  (*test_type_of_code(CAP_TYPE_QUEUE))

// A new object with one reference.
struct object *test_object(const struct object_type *type);

// How many exist. Atomic.
uint32_t test_objects_live(void);

// A new object in the lowest free slot; asserts that there is one.
int mint(struct cap_space *space, uint32_t rights);
