// SPDX-License-Identifier: MIT
// Fuzzes the device-tree reader: the input changes bits of a small good tree. The blob's total size
// is what the memory holds, as firmware guarantees.
#include <stdlib.h>
#include <string.h>

#include "dev/device_tree.h"

#define WORDS 96

static uint32_t good[WORDS];
static uint32_t at; // next word

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(uint32_t word) { good[at++] = __builtin_bswap32(word); }

static void put_text(const char *text) {
    memcpy(&good[at], text, strlen(text) + 1);
    at += (uint32_t)strlen(text) / 4 + 1;
}

static void begin_node(const char *name) {
    put(1);
    put_text(name);
}

static void property(uint32_t name, uint32_t size, const uint32_t *cells) {
    put(3);
    put(size);
    put(name);
    for (uint32_t i = 0; i < (size + 3) / 4; i++) put(cells[i]);
}

// Offsets into the strings.
#define STRINGS "#address-cells\0#size-cells\0reg\0compatible"
enum { ADDRESS_CELLS = 0, SIZE_CELLS = 15, REG = 27, COMPATIBLE = 31 };

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    static const uint32_t two[] = {2}, one[] = {1}, reg[] = {0, 0x10000000, 0x100};
    static const uint32_t compatible[] = {0x76697274, 0x696f2c6d, 0x6d696f00}; // "virtio,mmio"
    (void)count;
    (void)arguments;
    at = 14; // header of 10 words, an empty reservation map of 4
    begin_node("");
    property(ADDRESS_CELLS, 4, two);
    property(SIZE_CELLS, 4, one);
    begin_node("soc");
    property(ADDRESS_CELLS, 4, two);
    property(SIZE_CELLS, 4, one);
    begin_node("virtio@10000000");
    property(REG, 12, reg);
    property(COMPATIBLE, 12, compatible);
    put(2);
    put(2);
    put(4); // nothing
    put(2);
    put(9);
    uint32_t end = at;
    memcpy(&good[at], STRINGS, sizeof(STRINGS));
    uint32_t total = end * 4 + sizeof(STRINGS);
    at = 0;
    const uint32_t header[] = {0xd00dfeed, total, 56, end * 4,         40,
                               17,         16,    0,  sizeof(STRINGS), (end - 14) * 4};
    for (int i = 0; i < 10; i++) put(header[i]);
    at = (total + 3) / 4;
    return 0;
}

static bool visit(void *context, const struct tree_node *node) {
    static const char *const names[] = {"reg", "#address-cells", "compatible", "interrupts", ""};
    uint32_t size, cell;
    uint64_t address, length, sum = strlen(node->name);
    for (int i = 0; i < 5; i++) {
        const uint8_t *bytes = device_tree_property(node, names[i], &size);
        for (uint32_t j = 0; bytes && j < size; j++) sum += bytes[j];
        for (uint32_t j = 0; j < 4; j++)
            if (device_tree_cell(node, names[i], j, &cell)) sum += cell;
    }
    for (uint32_t i = 0; i < 3; i++)
        if (device_tree_reg(node, i, &address, &length)) sum += address + length;
    sum += device_tree_is_compatible(node, "virtio,mmio");
    *(uint64_t *)context += sum;
    return sum != 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t sum = 0;
    uint32_t bytes = at * 4;
    uint8_t *tree = malloc(bytes);
    memcpy(tree, good, bytes);
    for (size_t i = 0; i < size && i < bytes; i++) tree[i] ^= data[i];
    uint32_t total = __builtin_bswap32(bytes);
    memcpy(tree + 4, &total, sizeof(total));
    if (device_tree_is_valid(tree))
        device_tree_walk(tree, visit, &sum);
    else if (size == 0)
        abort(); // the tree to begin with is good
    free(tree);
    return 0;
}
