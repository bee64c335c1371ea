// SPDX-License-Identifier: MIT
// Program arguments. The block belongs to the thread that makes it; no lock. Pointers in the vector
// are kept as offsets into the block until the block's place on the stack is known.

#include "proc/arguments.h"
#include "abi/errno.h"
#include "lib/string.h"
#include "mem/uaccess.h"

static int reserve(struct argument_block *block, size_t size) {
    if (size > ARGUMENT_PAGES * PAGE_SIZE) return -E2BIG;
    while (block->page_count * PAGE_SIZE < size) {
        void *page = page_alloc_zeroed();
        if (!page) return -ENOMEM;
        block->pages[block->page_count++] = page;
    }
    return 0;
}

static char *byte_at(struct argument_block *block, size_t offset) {
    return (char *)block->pages[offset / PAGE_SIZE] + offset % PAGE_SIZE;
}

static uint64_t *pointer_at(struct argument_block *block, uint32_t index) {
    return (uint64_t *)byte_at(block, index * sizeof(uint64_t));
}

// Appends a user string page by page, since it may cross from one page of the block to the next.
static int append_user_string(struct argument_block *block, uint64_t from) {
    for (;;) {
        int error = reserve(block, block->size + 1);
        if (error) return error;
        size_t room = PAGE_SIZE - block->size % PAGE_SIZE;
        int length = copy_string_from_user(byte_at(block, block->size), from, room);
        if (length >= 0) {
            block->size += (size_t)length + 1;
            return 0;
        }
        if (length != -ENAMETOOLONG) return length;
        block->size += room;
        from += room;
    }
}

static int count_strings(uint64_t vector, uint32_t *count) {
    uint64_t string;
    for (*count = 0; *count <= ARGUMENTS_MAX; ++*count) {
        int error = copy_from_user(&string, vector + *count * sizeof(string), sizeof(string));
        if (error) return error;
        if (string == 0) return 0;
    }
    return -E2BIG;
}

// Copies the strings of a vector; their pointers begin at `first` in the block's.
static int copy_strings(struct argument_block *block, uint32_t first, uint64_t vector,
                        uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint64_t string;
        int error = copy_from_user(&string, vector + i * sizeof(string), sizeof(string));
        if (error) return error;
        *pointer_at(block, first + i) = block->size;
        if ((error = append_user_string(block, string))) return error;
    }
    size_t vector_size = block->pointers * sizeof(uint64_t);
    return block->size - vector_size <= ARGUMENT_BYTES_MAX ? 0 : -E2BIG;
}

// Makes room for the vector, whose length is known now.
static int begin(struct argument_block *block, uint32_t count, uint32_t environment_count) {
    if (count + environment_count > ARGUMENTS_MAX) return -E2BIG;
    block->count = count;
    block->pointers = count + environment_count + 2;
    block->size = block->pointers * sizeof(uint64_t);
    return reserve(block, block->size);
}

int arguments_copy_in(struct argument_block *block, uint64_t arguments, uint64_t environment) {
    uint32_t count, environment_count = 0;
    *block = (struct argument_block){.count = 0};
    int error = count_strings(arguments, &count);
    if (!error && environment) error = count_strings(environment, &environment_count);
    if (!error) error = begin(block, count, environment_count);
    if (!error) error = copy_strings(block, 0, arguments, count);
    if (!error) error = copy_strings(block, count + 1, environment, environment_count);
    if (error) arguments_release(block);
    return error;
}

int arguments_make(struct argument_block *block, const char *const *strings, uint32_t count) {
    *block = (struct argument_block){.count = 0};
    int error = begin(block, count, 0);
    for (uint32_t i = 0; !error && i < count; i++) {
        size_t length = strlen(strings[i]) + 1;
        if (block->size + length > PAGE_SIZE) {
            error = -E2BIG;
            break;
        }
        *pointer_at(block, i) = block->size;
        memcpy(byte_at(block, block->size), strings[i], length);
        block->size += length;
    }
    if (error) arguments_release(block);
    return error;
}

void arguments_release(struct argument_block *block) {
    while (block->page_count > 0) page_put(block->pages[--block->page_count]);
}

// A block of one page moves to the page's end, so that the stack goes on below it in the same page.
static size_t place_in_page(struct argument_block *block) {
    if (block->page_count > 1) return 0;
    size_t start = (PAGE_SIZE - block->size) & ~(size_t)15;
    char *page = block->pages[0];
    memmove(page + start, page, block->size);
    memset(page, 0, start < block->size ? start : block->size);
    return start;
}

int arguments_put_on_stack(struct argument_block *block, struct address_space *space,
                           uint64_t *stack, uint64_t *vector) {
    int error = address_space_add_stack(space, USER_STACK_LOW, USER_STACK_TOP);
    if (error) return error;
    uint64_t base = USER_STACK_TOP - block->page_count * PAGE_SIZE;
    size_t start = place_in_page(block);
    *stack = *vector = base + start;
    for (uint32_t i = 0; i < block->pointers; i++) {
        uint64_t *pointer = (uint64_t *)byte_at(block, start + i * sizeof(uint64_t));
        if (*pointer) *pointer += base + start;
    }
    while (block->page_count > 0) {
        uint32_t last = block->page_count - 1;
        error = address_space_map_page(space, base + last * PAGE_SIZE, block->pages[last]);
        if (error) return error;
        block->page_count--; // the page is the address space's now
    }
    return 0;
}
