// SPDX-License-Identifier: MIT
// The ELF loader: a good file, every field of it spoilt, every length cut, random damage, and
// memory that runs out at any point. Nothing may be left behind.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "abi/errno.h"
#include "image.h"
#include "mem/uaccess.h"
#include "proc/elf.h"

#define TEXT_SIZE (2 * 4096 + 100)
#define TEXT_BASE USER_PROGRAM_BASE
#define DATA_BASE (TEXT_BASE + 3 * PAGE_SIZE)

static char file[64 * 1024] __attribute__((aligned(8)));
static size_t file_size;
static struct image_headers *const headers = (struct image_headers *)file;
static uint64_t entry;
static uint64_t free_pages;

static void make_file(void) {
    char text[TEXT_SIZE];
    for (int i = 0; i < TEXT_SIZE; i++) text[i] = (char)(i * 7);
    file_size = image_elf(file, sizeof(file), TEXT_BASE, text, TEXT_SIZE);
    ck_assert_uint_gt(file_size, 0);
}

static int load_into(struct address_space *space) {
    struct inode *inode = image_inode(file, file_size);
    sleep_lock_acquire(&inode->lock);
    int error = elf_load(inode, space, &entry);
    sleep_lock_release(&inode->lock);
    return error;
}

// Loads and takes it down again.
static int try_load(void) {
    struct address_space *space = address_space_create(NULL);
    if (!space) return -ENOMEM;
    int error = load_into(space);
    address_space_destroy(space);
    return error;
}

static void setup(void) {
    kernel_setup();
    make_file();
    require(try_load() == 0); // the caches are warm
    free_pages = pages_free();
}

static void teardown(void) { ck_assert_uint_eq(pages_free(), free_pages); }

// ---- Good files --------------------------------------------------------------------------------

START_TEST(good_file) {
    static char back[TEXT_SIZE];
    struct address_space *space = address_space_create(NULL);
    ck_assert_int_eq(load_into(space), 0);
    ck_assert_uint_eq(entry, TEXT_BASE);
    address_space_activate(space);
    ck_assert_int_eq(copy_from_user(back, TEXT_BASE, TEXT_SIZE), 0);
    ck_assert_mem_eq(back, file + IMAGE_OFFSET, TEXT_SIZE);
    // What lies behind the text in its last page is zero, and so is all of the data.
    for (uint64_t at = TEXT_BASE + TEXT_SIZE; at < DATA_BASE + PAGE_SIZE; at++) {
        char byte = 1;
        require(copy_from_user(&byte, at, 1) == 0 && byte == 0);
    }
    ck_assert_int_eq(copy_to_user(TEXT_BASE, back, 1), -EFAULT);
    ck_assert_int_eq(copy_to_user(DATA_BASE, back, PAGE_SIZE), 0);
    ck_assert_int_eq(address_space_fault(space, TEXT_BASE, FAULT_EXECUTE), 0);
    ck_assert_int_eq(address_space_fault(space, DATA_BASE, FAULT_EXECUTE), -EFAULT);
    ck_assert_int_eq(address_space_fault(space, TEXT_BASE - 1, FAULT_READ), -EFAULT);
    uint64_t heap;
    ck_assert_int_eq(address_space_move_heap(space, 8, &heap), 0);
    ck_assert_uint_eq(heap, DATA_BASE + PAGE_SIZE);
    ck_assert_int_eq(copy_to_user(heap, back, 8), 0);
    address_space_activate(NULL);
    address_space_destroy(space);
}
END_TEST

START_TEST(good_variations) {
    headers->segments[1].memory_size = UINT64_C(1) << 36; // demand-zero costs nothing
    ck_assert_int_eq(try_load(), 0);
    make_file();
    headers->segments[1].type = 7; // of no concern to us, whatever it says
    headers->segments[1].address = UINT64_MAX;
    ck_assert_int_eq(try_load(), 0);
    make_file();
    headers->segments[1].memory_size = 0;
    headers->segments[1].address = 3;
    ck_assert_int_eq(try_load(), 0);
    make_file();
    headers->entry = TEXT_BASE + TEXT_SIZE - 4;
    ck_assert_int_eq(try_load(), 0);
    make_file();
    headers->segments[1].file_size = 10; // shares its page of the file with the text
    headers->segments[1].memory_size = 20;
    ck_assert_int_eq(try_load(), 0);
}
END_TEST

START_TEST(text_in_the_middle_of_a_page) {
    char byte;
    headers->segments[0].offset = IMAGE_OFFSET + 0x123;
    headers->segments[0].address = headers->entry = TEXT_BASE + 0x123;
    headers->segments[0].file_size = headers->segments[0].memory_size = 5000;
    struct address_space *space = address_space_create(NULL);
    ck_assert_int_eq(load_into(space), 0);
    address_space_activate(space);
    for (uint64_t at = 0; at < 2 * PAGE_SIZE; at++) {
        bool inside = at >= 0x123 && at < 0x123 + 5000;
        require(copy_from_user(&byte, TEXT_BASE + at, 1) == 0);
        require(byte == (inside ? file[IMAGE_OFFSET + at] : 0)); // nothing else of the file shows
    }
    address_space_activate(NULL);
    address_space_destroy(space);
}
END_TEST

// ---- Bad headers -------------------------------------------------------------------------------

#define FIELD(name) offsetof(struct image_headers, name), sizeof(((struct image_headers *)0)->name)

static const struct {
    size_t offset, size;
    uint64_t values[5]; // up to the first that is 0 twice; 0 itself may come first
} bad_fields[] = {
    {FIELD(identity[0]), {0, 0x7e}},
    {FIELD(identity[1]), {0, 'e'}},
    {FIELD(identity[2]), {0, 'M'}},
    {FIELD(identity[3]), {0, 'E'}},
    {FIELD(identity[4]), {0, 1, 3, 255}},   // class
    {FIELD(identity[5]), {0, 2, 255}},      // byte order
    {FIELD(identity[6]), {0, 2, 255}},      // version
    {FIELD(type), {0, 1, 3, 4, 0xffff}},    // relocatable, shared, core
    {FIELD(machine), {0, 62, 243, 0xffff}}, // others' programs
    {FIELD(version), {0, 2, UINT32_MAX}},
    {FIELD(entry), {0, DATA_BASE, TEXT_BASE - 1, UINT64_MAX, TEXT_BASE + 3 * PAGE_SIZE}},
    {FIELD(program_headers), {0, 1, UINT64_MAX, UINT64_MAX - 55, 1 << 20}},
    {FIELD(header_size), {0, 63, 65, 0xffff}},
    {FIELD(program_header_size), {0, 55, 57, 32, 0xffff}},
    {FIELD(program_header_count), {0, 33, 0xffff}},
    {FIELD(segments[0].flags), {0, 1, 3, 7, 4}}, // not readable, writable text, not executable
    {FIELD(segments[0].type), {3, 0}},           // an interpreter; nothing to execute
    {FIELD(segments[0].offset), {1, IMAGE_OFFSET + 1, UINT64_MAX, UINT64_MAX - 0xfff, 1 << 20}},
    {FIELD(segments[0].address),
     {0, TEXT_BASE + 1, UINT64_MAX - 0xfff, USER_ADDRESS_MAX, USER_ADDRESS_MAX - PAGE_SIZE}},
    {FIELD(segments[0].file_size),
     {UINT64_MAX, TEXT_SIZE + 1, UINT64_MAX - IMAGE_OFFSET, INT64_MAX, 1 << 20}},
    {FIELD(segments[0].memory_size),
     {0, TEXT_SIZE - 1, UINT64_MAX, UINT64_MAX - TEXT_BASE, USER_ADDRESS_MAX}},
    {FIELD(segments[1].flags), {0, 2, 7, 3}},
    {FIELD(segments[1].address),
     {0, TEXT_BASE, TEXT_BASE + 2 * PAGE_SIZE, UINT64_MAX - 0xfff, DATA_BASE + 1}},
    {FIELD(segments[1].file_size), {PAGE_SIZE + 1, UINT64_MAX, 1 << 20}},
    {FIELD(segments[1].memory_size), {UINT64_MAX, UINT64_MAX - DATA_BASE, USER_ADDRESS_MAX}},
};

START_TEST(bad_header_field) {
    size_t offset = bad_fields[_i].offset, size = bad_fields[_i].size;
    for (int i = 0; i < 5 && (i == 0 || bad_fields[_i].values[i]); i++) {
        make_file();
        memcpy(file + offset, &bad_fields[_i].values[i], size);
        int error = try_load();
        ck_assert_msg(error == -ENOEXEC, "field at %zu as %lx: %d", offset,
                      (unsigned long)bad_fields[_i].values[i], error);
    }
}
END_TEST

START_TEST(every_length) {
    size_t whole = file_size;
    for (file_size = 0; file_size < whole; file_size += file_size < 200 ? 1 : 97)
        ck_assert_int_eq(try_load(), -ENOEXEC);
    file_size = whole - 1;
    ck_assert_int_eq(try_load(), -ENOEXEC);
}
END_TEST

START_TEST(too_many_segments) {
    // As many headers as are allowed, all small and apart: more regions than there can be.
    struct image_segment *segments = (struct image_segment *)(file + 64);
    headers->program_header_count = 32;
    for (uint64_t i = 0; i < 32; i++) {
        segments[i] = segments[0];
        segments[i].address = TEXT_BASE + 16 * i * PAGE_SIZE;
    }
    ck_assert_int_lt(try_load(), 0);
    headers->program_header_count = 8;
    ck_assert_int_eq(try_load(), 0);
    segments[7].address = segments[3].address; // exactly on another
    ck_assert_int_eq(try_load(), -ENOEXEC);
}
END_TEST

START_TEST(last_pages_of_user_space) {
    headers->segments[1].address = USER_ADDRESS_MAX - PAGE_SIZE;
    // There is no room for a heap behind it.
    ck_assert_int_eq(try_load(), -ENOEXEC);
    headers->segments[1].address -= PAGE_SIZE;
    ck_assert_int_eq(try_load(), 0);
}
END_TEST

// ---- Damage and exhaustion ---------------------------------------------------------------------

static void damage_a_field(void) {
    static const uint64_t words[] = {0,
                                     1,
                                     4095,
                                     4096,
                                     TEXT_BASE,
                                     DATA_BASE,
                                     USER_ADDRESS_MAX,
                                     UINT64_MAX,
                                     UINT64_MAX - 4095,
                                     INT64_MAX};
    size_t at = test_random(sizeof(*headers));
    switch (test_random(4)) {
    case 0: file[at] ^= (char)(1u << test_random(8)); break;
    case 1: file[at] = (char)test_random(256); break;
    case 2: memcpy(file + (at & ~(size_t)7), &words[test_random(10)], 8); break;
    default: file_size = test_random((uint32_t)file_size + 1);
    }
}

START_TEST(random_damage) {
    int loaded = 0, refused = 0;
    for (int round = 0; round < 20000; round++) {
        if (round % 100 == 0) make_file();
        struct image_headers good = *headers;
        size_t whole = file_size;
        for (uint32_t i = 1 + test_random(3); i > 0; i--) damage_a_field();
        int error = try_load();
        require(error == 0 || error == -ENOEXEC || error == -ENOMEM);
        loaded += error == 0;
        refused += error != 0;
        *headers = good;
        file_size = whole;
    }
    ck_assert_int_gt(loaded, 100); // the test tries both
    ck_assert_int_gt(refused, 100);
}
END_TEST

START_TEST(failure_at_every_point) {
    int error = -ENOMEM;
    uint64_t point = 0;
    for (; error == -ENOMEM && point < 100; point++) {
        host_fail_allocations_after(point);
        error = try_load();
        host_fail_allocations_after(UINT64_MAX);
        require(pages_free() == free_pages);
    }
    ck_assert_int_eq(error, 0);
    ck_assert_uint_gt(point, 5);
}
END_TEST

Suite *elf_suite(void) {
    Suite *suite = suite_create("elf");
    add_case(suite, "good", setup, teardown, good_file, good_variations,
             text_in_the_middle_of_a_page);
    TCase *bad = add_case(suite, "bad", setup, teardown, every_length, too_many_segments,
                          last_pages_of_user_space);
    tcase_add_loop_test(bad, bad_header_field, 0, sizeof(bad_fields) / sizeof(bad_fields[0]));
    add_case(suite, "damage", setup, teardown, random_damage, failure_at_every_point);
    return suite;
}
