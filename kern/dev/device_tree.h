// SPDX-License-Identifier: MIT
// A reader of flattened device trees (Devicetree Specification 0.4, chapter 5). The blob comes from
// firmware and is checked; it is never written.
#pragma once

#include "abi/types.h"

// Cells of properties are big-endian; these are in CPU byte order.
struct tree_node {
    const void *tree;
    uint32_t offset;        // of the node's first token
    uint32_t address_cells; // for its reg property, from the parent
    uint32_t size_cells;
    const char *name; // with its unit address
    uint32_t depth;   // 0 is the root
};

// False if `tree` is not a flattened device tree of a version that is understood.
bool device_tree_is_valid(const void *tree);
uint32_t device_tree_size(const void *tree);

// Calls visit() for each node in order, depth first; a false result ends the walk.
void device_tree_walk(const void *tree, bool (*visit)(void *context, const struct tree_node *node),
                      void *context);

// A property's bytes, or NULL; *size may be NULL.
const void *device_tree_property(const struct tree_node *node, const char *name, uint32_t *size);
// One cell of a property. False if the property is shorter.
bool device_tree_cell(const struct tree_node *node, const char *name, uint32_t index,
                      uint32_t *cell);
// The `index`th (address, size) of the node's reg.
bool device_tree_reg(const struct tree_node *node, uint32_t index, uint64_t *address,
                     uint64_t *size);
// Whether `compatible` holds this string.
bool device_tree_is_compatible(const struct tree_node *node, const char *compatible);
