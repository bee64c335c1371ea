// SPDX-License-Identifier: MIT
// The device tree reader: trees built here, then truncated at every byte and corrupted at random.
// Blobs lie at the end of their allocation, so that the address sanitizer sees every step too far.
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "dev/device_tree.h"

#define BLOB_MAX    4096
#define HEADER_SIZE 40

// ---- Building trees ----------------------------------------------------------------------------

static struct {
    uint8_t structure[BLOB_MAX / 2];
    uint32_t structure_size;
    char strings[BLOB_MAX / 4];
    uint32_t strings_size;
} build;

static void put_cell(uint8_t *at, uint32_t cell) {
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(cell >> (24 - 8 * i));
}

static void add_cell(uint32_t cell) {
    put_cell(build.structure + build.structure_size, cell);
    build.structure_size += 4;
}

static void add_bytes(const void *bytes, uint32_t size) {
    memcpy(build.structure + build.structure_size, bytes, size);
    build.structure_size += size;
    while (build.structure_size % 4 != 0) build.structure[build.structure_size++] = 0;
}

static void begin_node(const char *name) {
    add_cell(1);
    add_bytes(name, (uint32_t)strlen(name) + 1);
}

static void end_node(void) { add_cell(2); }

static void property(const char *name, const void *value, uint32_t size) {
    uint32_t offset = build.strings_size;
    strcpy(build.strings + offset, name);
    build.strings_size += (uint32_t)strlen(name) + 1;
    add_cell(3);
    add_cell(size);
    add_cell(offset);
    add_bytes(value, size);
}

static void property_cells(const char *name, uint32_t count, const uint32_t *cells) {
    uint8_t value[64];
    for (uint32_t i = 0; i < count; i++) put_cell(value + 4 * i, cells[i]);
    property(name, value, 4 * count);
}

#define CELLS(...)                                                                                 \
    sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]) { __VA_ARGS__ }

// Ends the tree and lays it out in memory of exactly its size. The caller frees it.
static uint8_t *finish(uint32_t *size) {
    add_cell(9);
    *size = HEADER_SIZE + 16 + build.structure_size + build.strings_size;
    uint8_t *blob = calloc(1, *size);
    const uint32_t header[10] = {0xd00dfeed,
                                 *size,
                                 HEADER_SIZE + 16,
                                 HEADER_SIZE + 16 + build.structure_size,
                                 HEADER_SIZE,
                                 17,
                                 16,
                                 0,
                                 build.strings_size,
                                 build.structure_size};
    for (int i = 0; i < 10; i++) put_cell(blob + 4 * i, header[i]);
    memcpy(blob + HEADER_SIZE + 16, build.structure, build.structure_size);
    memcpy(blob + HEADER_SIZE + 16 + build.structure_size, build.strings, build.strings_size);
    memset(&build, 0, sizeof(build));
    return blob;
}

static uint8_t *sample_tree(uint32_t *size) {
    begin_node("");
    property_cells("#address-cells", CELLS(2));
    property_cells("#size-cells", CELLS(2));
    property("compatible", "riscv-virtio", 13);
    begin_node("memory@80000000");
    property("device_type", "memory", 7);
    property_cells("reg", CELLS(0, 0x80000000, 1, 0x8000000));
    end_node();
    begin_node("cpus");
    property_cells("#address-cells", CELLS(1));
    property_cells("#size-cells", CELLS(0));
    begin_node("cpu@0");
    property_cells("reg", CELLS(7));
    end_node();
    add_cell(4);
    end_node();
    begin_node("soc");
    begin_node("virtio_mmio@10001000");
    property_cells("interrupts", CELLS(1));
    add_cell(4);
    property_cells("reg", CELLS(0, 0x10001000, 0x1000));
    property("compatible", "first,name\0virtio,mmio", 23);
    property("empty", "", 0);
    end_node();
    end_node();
    end_node();
    return finish(size);
}

// ---- Well-formed trees -------------------------------------------------------------------------

struct found {
    char names[256];
    int nodes, stop_after;
    struct tree_node node; // the one called `wanted`
    const char *wanted;
};

static bool note_node(void *context, const struct tree_node *node) {
    struct found *found = context;
    strcat(strcat(found->names, node->name), ";");
    if (found->wanted != NULL && strcmp(node->name, found->wanted) == 0) found->node = *node;
    return ++found->nodes != found->stop_after;
}

START_TEST(test_walk_visits_nodes_in_order) {
    uint32_t size;
    uint8_t *tree = sample_tree(&size);
    struct found found = {0};
    ck_assert(device_tree_is_valid(tree));
    ck_assert_uint_eq(device_tree_size(tree), size);
    device_tree_walk(tree, note_node, &found);
    ck_assert_str_eq(found.names, ";memory@80000000;cpus;cpu@0;soc;virtio_mmio@10001000;");
    found = (struct found){.stop_after = 3};
    device_tree_walk(tree, note_node, &found);
    ck_assert_str_eq(found.names, ";memory@80000000;cpus;");
    free(tree);
}
END_TEST

START_TEST(test_reg_uses_the_parents_cells) {
    uint32_t size;
    uint8_t *tree = sample_tree(&size);
    uint64_t address, length;
    struct found found = {.wanted = "memory@80000000"};
    device_tree_walk(tree, note_node, &found);
    ck_assert(device_tree_reg(&found.node, 0, &address, &length));
    ck_assert_uint_eq(address, 0x80000000);
    ck_assert_uint_eq(length, 0x108000000);
    ck_assert(!device_tree_reg(&found.node, 1, &address, &length));

    found = (struct found){.wanted = "cpu@0"};
    device_tree_walk(tree, note_node, &found);
    ck_assert(device_tree_reg(&found.node, 0, &address, &length));
    ck_assert_uint_eq(address, 7);
    ck_assert_uint_eq(length, 0);

    found = (struct found){.wanted = "virtio_mmio@10001000"}; // below a node that says nothing
    device_tree_walk(tree, note_node, &found);
    ck_assert(device_tree_reg(&found.node, 0, &address, &length));
    ck_assert_uint_eq(address, 0x10001000);
    ck_assert_uint_eq(length, 0x1000);
    found.node.address_cells = 3;
    ck_assert(!device_tree_reg(&found.node, 0, &address, &length));
    found.node.address_cells = 0;
    ck_assert(!device_tree_reg(&found.node, 0, &address, &length));
    free(tree);
}
END_TEST

START_TEST(test_properties) {
    uint32_t size, cell = 0;
    uint8_t *tree = sample_tree(&size);
    struct found found = {.wanted = "virtio_mmio@10001000"};
    device_tree_walk(tree, note_node, &found);
    ck_assert(device_tree_is_compatible(&found.node, "virtio,mmio"));
    ck_assert(device_tree_is_compatible(&found.node, "first,name"));
    ck_assert(!device_tree_is_compatible(&found.node, "virtio"));
    ck_assert(device_tree_cell(&found.node, "interrupts", 0, &cell));
    ck_assert_uint_eq(cell, 1);
    ck_assert(!device_tree_cell(&found.node, "interrupts", 1, &cell));
    ck_assert(!device_tree_cell(&found.node, "interrupts", 0x40000000, &cell));
    ck_assert_ptr_nonnull(device_tree_property(&found.node, "empty", &size));
    ck_assert_uint_eq(size, 0);
    ck_assert_ptr_null(device_tree_property(&found.node, "absent", NULL));

    found = (struct found){.wanted = "soc"}; // its child's properties are not its own
    device_tree_walk(tree, note_node, &found);
    ck_assert_ptr_null(device_tree_property(&found.node, "reg", NULL));
    ck_assert(!device_tree_is_compatible(&found.node, "virtio,mmio"));
    free(tree);
}
END_TEST

START_TEST(test_deep_trees_end_the_walk) {
    struct found found = {0};
    uint32_t size;
    for (int i = 0; i < 100; i++) begin_node("");
    uint8_t *tree = finish(&size);
    device_tree_walk(tree, note_node, &found);
    ck_assert_int_lt(found.nodes, 100);
    free(tree);
}
END_TEST

// ---- Damaged trees -----------------------------------------------------------------------------

// Looks at all that a visitor can look at.
static bool probe_node(void *context, const struct tree_node *node) {
    static const char *const names[] = {"reg", "compatible", "interrupts", "empty", "absent"};
    uint64_t address, length;
    uint32_t size, cell;
    volatile uint8_t sum = 0;
    int *nodes = context;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const uint8_t *value = device_tree_property(node, names[i], &size);
        for (uint32_t byte = 0; value != NULL && byte < size; byte++) sum = sum + value[byte];
        device_tree_cell(node, names[i], 1, &cell);
    }
    sum = sum + (uint8_t)strlen(node->name);
    device_tree_reg(node, 0, &address, &length);
    device_tree_reg(node, 1, &address, &length);
    device_tree_is_compatible(node, "virtio,mmio");
    return ++*nodes < 10000;
}

static int probe_tree(const void *tree) {
    int nodes = 0;
    if (!device_tree_is_valid(tree)) return -1;
    device_tree_walk(tree, probe_node, &nodes);
    return nodes;
}

// A copy of the first `length` bytes whose header owns up to the size.
static uint8_t *truncated(const uint8_t *tree, uint32_t length) {
    uint8_t *copy = malloc(length);
    memcpy(copy, tree, length);
    put_cell(copy + 4, length);
    return copy;
}

START_TEST(test_truncated_blobs) {
    uint32_t size;
    uint8_t *tree = sample_tree(&size);
    for (uint32_t length = 8; length < size; length++) {
        uint8_t *copy = truncated(tree, length);
        ck_assert_int_eq(probe_tree(copy), -1);
        free(copy);
    }
    free(tree);
}
END_TEST

START_TEST(test_truncated_blocks) {
    uint32_t size, smaller;
    uint8_t *tree = sample_tree(&size);
    uint32_t structure_size = (uint32_t)tree[38] << 8 | tree[39];
    uint32_t strings_size = (uint32_t)tree[34] << 8 | tree[35];
    for (smaller = 0; smaller <= structure_size; smaller++) {
        put_cell(tree + 36, smaller);
        ck_assert_int_ge(probe_tree(tree), 0);
    }
    for (smaller = 0; smaller <= strings_size; smaller++) {
        put_cell(tree + 32, smaller);
        ck_assert_int_ge(probe_tree(tree), 0);
    }
    free(tree);
}
END_TEST

START_TEST(test_wrong_headers) {
    static const struct {
        uint32_t offset, value;
    } wrongs[] = {
        {0, 0xedfe0dd0},  {4, 0},          {4, HEADER_SIZE - 1},
        {4, 0xffffffff},  {8, 0xffffffff}, {12, 0xffffffff},
        {20, 16},         {24, 18},        {32, 0xffffffff},
        {36, 0xffffffff}, {8, 0xfffffff8}, {12, 0xfffffff8},
    };
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        uint32_t size;
        uint8_t *tree = sample_tree(&size);
        put_cell(tree + wrongs[i].offset, wrongs[i].value);
        ck_assert_int_eq(probe_tree(tree), -1);
        free(tree);
    }
    ck_assert_int_eq(probe_tree(NULL), -1);
}
END_TEST

START_TEST(test_random_corruption) {
    uint32_t size;
    uint8_t *tree = sample_tree(&size);
    srand((unsigned)_i + 1);
    for (int round = 0; round < 20000; round++) {
        uint8_t *copy = malloc(size);
        memcpy(copy, tree, size);
        for (int flips = rand() % 8 + 1; flips > 0; flips--) {
            // Not the total size: nobody can tell that memory ends earlier than it says.
            uint32_t at = 8 + (uint32_t)rand() % (size - 8);
            copy[at] = (uint8_t)(rand() % 3 ? copy[at] ^ 1 << rand() % 8 : rand());
        }
        probe_tree(copy);
        free(copy);
    }
    free(tree);
}
END_TEST

Suite *device_tree_suite(void) {
    Suite *suite = suite_create("device_tree");
    TCase *tests = tcase_create("device_tree");
    tcase_add_test(tests, test_walk_visits_nodes_in_order);
    tcase_add_test(tests, test_reg_uses_the_parents_cells);
    tcase_add_test(tests, test_properties);
    tcase_add_test(tests, test_deep_trees_end_the_walk);
    tcase_add_test(tests, test_truncated_blobs);
    tcase_add_test(tests, test_truncated_blocks);
    tcase_add_test(tests, test_wrong_headers);
    tcase_add_loop_test(tests, test_random_corruption, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
