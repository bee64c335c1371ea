// SPDX-License-Identifier: MIT
// Reads flattened device trees. Every offset and length in the blob is checked before it is
// followed, so that a damaged one only yields less. No locks and no memory of its own: start-up
// code calls it.
#include "dev/device_tree.h"

#include "lib/string.h"

#define TREE_MAGIC       0xd00dfeedu
#define TREE_VERSION     17
#define TREE_HEADER_SIZE 40
#define TREE_SIZE_MAX    (64u << 20) // more is a damaged header
#define TREE_DEPTH_MAX   16

#define TOKEN_BEGIN_NODE 1
#define TOKEN_END_NODE   2
#define TOKEN_PROPERTY   3
#define TOKEN_NOP        4

// Without these properties a node's children have reg entries of two address cells and one size
// cell.
#define ADDRESS_CELLS_DEFAULT 2
#define SIZE_CELLS_DEFAULT    1

// Where the header says the two blocks are, once that has been checked.
struct tree_view {
    const uint8_t *structure;
    uint32_t structure_size;
    const char *strings;
    uint32_t strings_size;
};

struct token {
    uint32_t kind;
    uint32_t next; // offset of the token behind it
    const char *name;
    const uint8_t *value; // of a property
    uint32_t size;
};

static uint32_t read_cell(const void *at) {
    const uint8_t *bytes = at;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// The header's fields by their offsets, in CPU byte order.
static uint32_t header_field(const void *tree, uint32_t offset) {
    return read_cell((const uint8_t *)tree + offset);
}

static bool view_open(struct tree_view *view, const void *tree) {
    if (tree == NULL || header_field(tree, 0) != TREE_MAGIC) return false;
    uint32_t size = header_field(tree, 4);
    if (size < TREE_HEADER_SIZE || size > TREE_SIZE_MAX) return false;
    uint32_t structure = header_field(tree, 8), structure_size = header_field(tree, 36);
    uint32_t strings = header_field(tree, 12), strings_size = header_field(tree, 32);
    uint32_t version = header_field(tree, 20), compatible_version = header_field(tree, 24);
    if (version < TREE_VERSION || compatible_version > TREE_VERSION) return false;
    if (structure > size || structure_size > size - structure) return false;
    if (strings > size || strings_size > size - strings) return false;
    view->structure = (const uint8_t *)tree + structure;
    view->structure_size = structure_size;
    view->strings = (const char *)tree + strings;
    view->strings_size = strings_size;
    return true;
}

bool device_tree_is_valid(const void *tree) {
    struct tree_view view;
    return view_open(&view, tree);
}

uint32_t device_tree_size(const void *tree) { return header_field(tree, 4); }

// The string at `offset` of a block, or NULL if it does not end inside.
static const char *block_string(const void *block, uint32_t block_size, uint32_t offset) {
    if (offset >= block_size) return NULL;
    const char *string = (const char *)block + offset;
    return strnlen(string, block_size - offset) < block_size - offset ? string : NULL;
}

static bool token_read_property(const struct tree_view *view, uint32_t offset,
                                struct token *token) {
    uint32_t left = view->structure_size - offset;
    if (left < 12) return false;
    token->size = read_cell(view->structure + offset + 4);
    if (token->size > left - 12) return false;
    token->name =
        block_string(view->strings, view->strings_size, read_cell(view->structure + offset + 8));
    token->value = view->structure + offset + 12;
    token->next = offset + 12 + token->size;
    return token->name != NULL;
}

// The token at `offset` of the structure block. False at its end and where it makes no sense.
static bool token_read(const struct tree_view *view, uint32_t offset, struct token *token) {
    if (offset > view->structure_size || view->structure_size - offset < 4) return false;
    token->kind = read_cell(view->structure + offset);
    token->next = offset + 4;
    if (token->kind == TOKEN_BEGIN_NODE) {
        token->name = block_string(view->structure, view->structure_size, offset + 4);
        if (token->name == NULL) return false;
        token->next += strlen(token->name) + 1;
    } else if (token->kind == TOKEN_PROPERTY) {
        if (!token_read_property(view, offset, token)) return false;
    } else if (token->kind != TOKEN_END_NODE && token->kind != TOKEN_NOP) {
        return false;
    }
    token->next = (token->next + 3) & ~3u;
    return true;
}

// What a node says about its children's reg.
struct tree_level {
    uint32_t address_cells;
    uint32_t size_cells;
};

static void level_note_property(struct tree_level *level, const struct token *property) {
    if (property->size != 4) return;
    if (strcmp(property->name, "#address-cells") == 0)
        level->address_cells = read_cell(property->value);
    else if (strcmp(property->name, "#size-cells") == 0)
        level->size_cells = read_cell(property->value);
}

void device_tree_walk(const void *tree, bool (*visit)(void *context, const struct tree_node *node),
                      void *context) {
    const struct tree_level unsaid = {ADDRESS_CELLS_DEFAULT, SIZE_CELLS_DEFAULT};
    struct tree_level levels[TREE_DEPTH_MAX]; // [0] stands above the root
    uint32_t depth = 0;
    struct tree_view view;
    struct token token;

    if (!view_open(&view, tree)) return;
    levels[0] = unsaid;
    for (uint32_t offset = 0; token_read(&view, offset, &token); offset = token.next) {
        if (token.kind == TOKEN_BEGIN_NODE) {
            struct tree_node node = {
                tree,       offset, levels[depth].address_cells, levels[depth].size_cells,
                token.name, depth};
            if (depth + 1 == TREE_DEPTH_MAX || !visit(context, &node)) return;
            levels[++depth] = unsaid;
        } else if (token.kind == TOKEN_END_NODE) {
            if (depth <= 1) return; // the root ends, or never began
            depth--;
        } else if (token.kind == TOKEN_PROPERTY) {
            level_note_property(&levels[depth], &token);
        }
    }
}

const void *device_tree_property(const struct tree_node *node, const char *name, uint32_t *size) {
    struct tree_view view;
    struct token token;
    if (!view_open(&view, node->tree) || !token_read(&view, node->offset, &token)) return NULL;
    // A node's properties stand before its children.
    while (token_read(&view, token.next, &token)) {
        if (token.kind == TOKEN_NOP) continue;
        if (token.kind != TOKEN_PROPERTY) return NULL;
        if (strcmp(token.name, name) == 0) {
            if (size != NULL) *size = token.size;
            return token.value;
        }
    }
    return NULL;
}

bool device_tree_cell(const struct tree_node *node, const char *name, uint32_t index,
                      uint32_t *cell) {
    uint32_t size;
    const uint8_t *value = device_tree_property(node, name, &size);
    if (value == NULL || index >= size / 4) return false;
    *cell = read_cell(value + (size_t)index * 4);
    return true;
}

// A number of no, one or two cells.
static uint64_t read_cells(const uint8_t *at, uint32_t count) {
    uint64_t number = 0;
    for (uint32_t i = 0; i < count; i++) number = number << 32 | read_cell(at + i * 4);
    return number;
}

bool device_tree_reg(const struct tree_node *node, uint32_t index, uint64_t *address,
                     uint64_t *size) {
    uint32_t bytes;
    const uint8_t *reg = device_tree_property(node, "reg", &bytes);
    if (reg == NULL || node->address_cells - 1 > 1 || node->size_cells > 2) return false;
    uint32_t entry_bytes = (node->address_cells + node->size_cells) * 4;
    if (index >= bytes / entry_bytes) return false;
    reg += (size_t)index * entry_bytes;
    *address = read_cells(reg, node->address_cells);
    *size = read_cells(reg + node->address_cells * 4, node->size_cells);
    return true;
}

bool device_tree_is_compatible(const struct tree_node *node, const char *compatible) {
    uint32_t size;
    const char *list = device_tree_property(node, "compatible", &size);
    if (list == NULL) return false;
    for (uint32_t offset = 0; offset < size;) {
        const char *entry = block_string(list, size, offset);
        if (entry == NULL) return false;
        if (strcmp(entry, compatible) == 0) return true;
        offset += strlen(entry) + 1;
    }
    return false;
}
