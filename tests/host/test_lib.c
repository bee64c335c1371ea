// SPDX-License-Identifier: MIT
// kern/lib: strings, formatted output, lists and bitmaps, against the obvious slow models.
#include <check.h>
#include <stdio.h>

#include "kernel.h"
#include "lib/bitmap.h"
#include "lib/list.h"
#include "lib/print.h"
#include "lib/string.h"

#define ROOM 300

// ---- Memory and strings ------------------------------------------------------------------------

static char from[ROOM], to[ROOM], model[ROOM];

static void fill_randomly(void) {
    for (int i = 0; i < ROOM; i++) {
        from[i] = (char)test_random(256);
        to[i] = model[i] = (char)test_random(256);
    }
}

START_TEST(copies) {
    for (int round = 0; round < 5000; round++) {
        fill_randomly();
        uint32_t size = test_random(200), source = test_random(90), target = test_random(90);
        for (uint32_t i = 0; i < size; i++) model[target + i] = from[source + i];
        require(memcpy(to + target, from + source, size) == to + target);
        require(memcmp(to, model, ROOM) == 0);
    }
}
END_TEST

START_TEST(overlapping_moves) {
    for (int round = 0; round < 5000; round++) {
        fill_randomly();
        uint32_t size = test_random(150), source = test_random(150), target = test_random(150);
        for (int i = 0; i < ROOM; i++) from[i] = to[i] = model[i];
        for (uint32_t i = 0; i < size; i++) model[target + i] = from[source + i];
        require(memmove(to + target, to + source, size) == to + target);
        require(memcmp(to, model, ROOM) == 0);
    }
}
END_TEST

START_TEST(fills) {
    for (int round = 0; round < 5000; round++) {
        fill_randomly();
        uint32_t size = test_random(200), target = test_random(90);
        int byte = (int)test_random(600) - 300;
        for (uint32_t i = 0; i < size; i++) model[target + i] = (char)byte;
        require(memset(to + target, byte, size) == to + target);
        require(memcmp(to, model, ROOM) == 0);
    }
}
END_TEST

START_TEST(page_is_cleared) {
    static char pages[3][4096] __attribute__((aligned(4096)));
    memset(pages, 0x5a, sizeof(pages));
    page_clear(pages[1]);
    for (int i = 0; i < 4096; i++) {
        require(pages[0][i] == 0x5a && pages[2][i] == 0x5a);
        require(pages[1][i] == 0);
    }
}
END_TEST

START_TEST(page_is_copied) {
    static char from[4096] __attribute__((aligned(4096)));
    static char pages[3][4096] __attribute__((aligned(4096)));
    for (int i = 0; i < 4096; i++) from[i] = (char)(i * 7 + i / 256);
    page_copy(pages[1], from);
    for (int i = 0; i < 4096; i++) {
        require(pages[0][i] == 0 && pages[2][i] == 0);
        require(pages[1][i] == from[i] && from[i] == (char)(i * 7 + i / 256));
    }
}
END_TEST

START_TEST(comparisons) {
    ck_assert_int_eq(memcmp("abc", "abd", 2), 0);
    ck_assert_int_lt(memcmp("abc", "abd", 3), 0);
    ck_assert_int_gt(memcmp("\xff", "\x01", 1), 0);
    ck_assert_int_eq(strcmp("", ""), 0);
    ck_assert_int_lt(strcmp("", "a"), 0);
    ck_assert_int_gt(strcmp("ab", "a"), 0);
    ck_assert_int_gt(strcmp("\xff", "a"), 0);
    ck_assert_int_eq(strncmp("abc", "abd", 2), 0);
    ck_assert_int_lt(strncmp("abc", "abd", 3), 0);
    ck_assert_int_eq(strncmp("abc", "abc", 9), 0);
    ck_assert_uint_eq(strlen(""), 0);
    ck_assert_uint_eq(strlen("four"), 4);
    ck_assert_uint_eq(strnlen("four", 2), 2);
    ck_assert_uint_eq(strnlen("four", 9), 4);
    const char *text = "hello";
    ck_assert_ptr_eq(strchr(text, 'l'), text + 2);
    ck_assert_ptr_eq(strchr(text, 0), text + 5);
    ck_assert_ptr_null(strchr(text, 'x'));
}
END_TEST

START_TEST(string_copy_cuts) {
    char small[4] = "???";
    ck_assert_uint_eq(string_copy(small, "ab", sizeof(small)), 2);
    ck_assert_str_eq(small, "ab");
    ck_assert_uint_eq(string_copy(small, "abcdef", sizeof(small)), 6);
    ck_assert_str_eq(small, "abc");
    ck_assert_uint_eq(string_copy(small, "xyz", 0), 3);
    ck_assert_str_eq(small, "abc");
    ck_assert_uint_eq(string_copy(small, "xyz", 1), 3);
    ck_assert_str_eq(small, "");
}
END_TEST

START_TEST(numbers_are_parsed) {
    uint64_t number = 77;
    static const char *const bad[] = {"",
                                      "0x",
                                      "x",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "0x1g",
                                      "1a",
                                      "18446744073709551616",
                                      "0x10000000000000000"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!string_to_number(bad[i], &number), "%s is no number", bad[i]);
    ck_assert_uint_eq(number, 77);
    ck_assert(string_to_number("0", &number) && number == 0);
    ck_assert(string_to_number("18446744073709551615", &number) && number == UINT64_MAX);
    ck_assert(string_to_number("0xffffffffffffffff", &number) && number == UINT64_MAX);
    ck_assert(string_to_number("0xAbC", &number) && number == 0xabc);
}
END_TEST

// ---- Formatted output --------------------------------------------------------------------------

#define check_format(...)                                                                          \
    do {                                                                                           \
        char ours[80], theirs[80];                                                                 \
        int length = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                                \
        ck_assert_int_eq(format_string(ours, sizeof(ours), __VA_ARGS__), length);                  \
        ck_assert_str_eq(ours, theirs);                                                            \
    } while (0)

START_TEST(formats_as_the_host_does) {
    check_format("plain %% text");
    check_format("%d %i %d", 0, -1, INT32_MIN);
    check_format("%u %x", UINT32_MAX, 0xbeefu);
    check_format("%ld %lld %zu", INT64_MIN, (long long)INT64_MAX, SIZE_MAX);
    check_format("%lx|%8d|%-8d|%08d", UINT64_MAX, -42, -42, -42);
    check_format("%3d|%03d|%-3d|", 12345, 12345, 12345);
    check_format("%c%c|%s|", 'o', 'k', "");
    check_format("%s|%10s|%-10s|", "text", "text", "text");
    check_format("%.2s|%.0s|%6.3s|%-6.3s|", "text", "text", "text", "text");
    check_format("%p", (void *)0x1234);
}
END_TEST

START_TEST(formats_into_little_room) {
    char room[8] = "-------";
    ck_assert_int_eq(format_string(room, 4, "%d", 123456), 6);
    ck_assert_str_eq(room, "123");
    ck_assert_int_eq(room[4], '-');
    ck_assert_int_eq(format_string(room, 1, "abc"), 3);
    ck_assert_str_eq(room, "");
    ck_assert_int_eq(format_string(NULL, 0, "abc%d", 1), 4);
    const char *volatile nothing = NULL;
    ck_assert_int_eq(format_string(room, sizeof(room), "%s", nothing), 6);
    ck_assert_str_eq(room, "(null)");
}
END_TEST

static void take_log(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) require(text[i] == '#' || text[i] == '\n');
    snprintf(to, sizeof(to), "%zu", size);
}

START_TEST(log_lines_are_cut) {
    kernel_setup();
    kprintf("lost: there is no sink for this test\n");
    log_set_sink(take_log);
    kprintf("%s%s%s%s\n", "################################################################",
            "################################################################",
            "################################################################",
            "################################################################");
    ck_assert_str_eq(to, "255");
}
END_TEST

// ---- Lists and bitmaps -------------------------------------------------------------------------

struct item {
    int value;
    struct list node;
};

START_TEST(lists) {
    struct list list;
    struct item items[5];
    int seen = 0;
    list_init(&list);
    ck_assert(list_is_empty(&list));
    for (int i = 0; i < 5; i++) {
        items[i].value = i;
        list_push_back(&list, &items[i].node);
    }
    list_for_each(node, &list) {
        struct item *item = container_of(node, struct item, node);
        ck_assert_int_eq(item->value, seen++);
        if (item->value % 2 == 0) list_remove(node);
    }
    ck_assert_int_eq(seen, 5);
    list_remove(&items[0].node); // a second time does nothing
    list_push_front(&list, &items[4].node);
    list_insert_after(&items[1].node, &items[0].node);
    static const int order[] = {4, 1, 0, 3};
    seen = 0;
    list_for_each(node, &list)
        ck_assert_int_eq(container_of(node, struct item, node)->value, order[seen++]);
    ck_assert_int_eq(seen, 4);
}
END_TEST

START_TEST(bitmaps) {
    for (int bit = 0; bit < 64; bit++) {
        uint64_t random = (uint64_t)test_random(1u << 31) << 33;
        ck_assert_int_eq(__ctzdi2((random | 1) << bit), bit);
    }
    static const uint32_t sizes[] = {1, 63, 64, 65, 112, 128};
    for (int round = 0; round < 2000; round++) {
        uint32_t bits = sizes[test_random(6)], count = 0;
        uint64_t words[2] = {0, 0};
        bool bitset[128] = {false};
        int lowest = -1, highest = -1;
        for (uint32_t i = test_random(6); i > 0; i--) {
            uint32_t bit = test_random(128); // bits behind the size do not count
            bitmap_set(words, bit);
            bitset[bit] = true;
            if (test_random(4) == 0) {
                bitmap_clear(words, bit);
                bitset[bit] = false;
            }
        }
        for (uint32_t i = 0; i < bits; i++) {
            require(bitmap_test(words, i) == bitset[i]);
            count += bitset[i];
            if (bitset[i]) {
                highest = (int)i;
                lowest = lowest < 0 ? (int)i : lowest;
            }
        }
        require(bitmap_lowest(words, bits) == lowest);
        require(bitmap_highest(words, bits) == highest);
        require(bitmap_count(words, bits) == count);
    }
}
END_TEST

Suite *lib_suite(void) {
    Suite *suite = suite_create("lib");
    add_case(suite, "strings", NULL, NULL, copies, overlapping_moves, fills, page_is_cleared,
             page_is_copied, comparisons, string_copy_cuts, numbers_are_parsed);
    add_case(suite, "output", NULL, NULL, formats_as_the_host_does, formats_into_little_room,
             log_lines_are_cut);
    add_case(suite, "containers", NULL, NULL, lists, bitmaps);
    return suite;
}
