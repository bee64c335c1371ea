// SPDX-License-Identifier: MIT
// The arguments and the environment of a new program on their way from the old one's memory to the
// new stack: kernel pages that hold exactly what the top of the new stack will, argv first, behind
// its NULL the environment's pointers and theirs, then the strings.
#pragma once

#include "abi/process.h"
#include "mem/address_space.h"

#define ARGUMENT_PAGES (1 + ARGUMENT_BYTES_MAX / PAGE_SIZE)

struct argument_block {
    uint32_t count;    // of arguments
    uint32_t pointers; // in the vector, the two NULLs among them
    size_t size;       // bytes used
    uint32_t page_count;
    void *pages[ARGUMENT_PAGES];
};

// Reads two NULL-terminated vectors of strings from user memory; the environment may be 0, which
// is an empty one. 0, -EFAULT, -E2BIG, -ENOMEM; when it fails there is nothing to release.
int arguments_copy_in(struct argument_block *block, uint64_t arguments, uint64_t environment);

// The same from kernel strings, for the first process.
int arguments_make(struct argument_block *block, const char *const *strings, uint32_t count);

void arguments_release(struct argument_block *block);

// Adds a stack to a new address space and puts the arguments at its top. *stack is the stack
// pointer to start with, 16-byte aligned, and *vector the address of argv. -ENOMEM or -EINVAL.
int arguments_put_on_stack(struct argument_block *block, struct address_space *space,
                           uint64_t *stack, uint64_t *vector);
