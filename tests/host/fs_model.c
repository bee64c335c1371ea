// SPDX-License-Identifier: MIT
// A simple model of a file system's names: nodes in an array, searched from end to end.
#include <stdlib.h>
#include <string.h>

#include "fs_model.h"

struct node nodes[NODES];

void model_reset(void) {
    for (int i = 0; i < NODES; i++) free(nodes[i].contents);
    memset(nodes, 0, sizeof(nodes));
    nodes[ROOT].kind = FILE_KIND_DIRECTORY;
}

bool model_is_full(void) {
    for (int i = 0; i < NODES; i++)
        if (!nodes[i].kind) return false;
    return true;
}

int model_child(int directory, const char *name, size_t length) {
    for (int i = 1; i < NODES; i++)
        if (nodes[i].kind && nodes[i].parent == directory && strlen(nodes[i].name) == length &&
            memcmp(nodes[i].name, name, length) == 0)
            return i;
    return -ENOENT;
}

size_t model_count(int directory) {
    size_t count = 0;
    for (int i = 1; i < NODES; i++) count += nodes[i].kind && nodes[i].parent == directory;
    return count;
}

int model_make(int directory, const char *name, size_t length, enum file_kind kind) {
    int i = 1;
    while (nodes[i].kind) i++;
    nodes[i] = (struct node){.kind = kind, .parent = directory};
    memcpy(nodes[i].name, name, length);
    if (kind == FILE_KIND_REGULAR) nodes[i].contents = calloc(1, FILE_SIZE);
    return i;
}

void model_forget_if_unused(int node) {
    if (nodes[node].parent >= 0 || nodes[node].handles > 0) return;
    free(nodes[node].contents);
    nodes[node] = (struct node){0};
}

// Finds the next name of a path. Whether another follows.
static bool next_name(const char **name, size_t *length) {
    *name += *length;
    *name += strspn(*name, "/");
    *length = strcspn(*name, "/");
    const char *behind = *name + *length;
    return behind[strspn(behind, "/")] != 0;
}

static int step(int at, const char *name, size_t length) {
    if (nodes[at].kind != FILE_KIND_DIRECTORY) return -ENOTDIR;
    if (length > NAME_MAX) return -ENAMETOOLONG;
    if (length == 2 && memcmp(name, "..", 2) == 0) return nodes[at].parent;
    return length == 1 && *name == '.' ? at : model_child(at, name, length);
}

int model_lookup(const char *path) {
    int at = *path ? ROOT : -ENOENT;
    size_t length = 0;
    bool more = true;
    while (at >= 0 && more) {
        more = next_name(&path, &length);
        if (length > 0) at = step(at, path, length);
    }
    bool slash = at >= 0 && (path[length] == '/' || length == 0);
    return slash && nodes[at].kind != FILE_KIND_DIRECTORY ? -ENOTDIR : at;
}

// The directory of the last name, and that name.
static int model_parent(const char *path, struct model_target *target) {
    int at = *path ? ROOT : -ENOENT;
    size_t length = 0;
    while (at >= 0 && next_name(&path, &length)) at = step(at, path, length);
    if (at >= 0 && nodes[at].kind != FILE_KIND_DIRECTORY) at = -ENOTDIR;
    if (at >= 0 && length > NAME_MAX) at = -ENAMETOOLONG;
    *target = (struct model_target){at, path, length};
    return at;
}

static bool is_special(const struct model_target *target) {
    return target->length == 0 || (target->length == 1 && target->name[0] == '.') ||
           (target->length == 2 && memcmp(target->name, "..", 2) == 0);
}

static bool ends_in_slash(const struct model_target *target) {
    return target->name[target->length] == '/';
}

int model_unlink(const char *path) {
    struct model_target target;
    int directory = model_parent(path, &target);
    if (directory < 0) return directory;
    if (is_special(&target)) return target.length == 0 ? -EBUSY : -EINVAL;
    int node = model_child(directory, target.name, target.length);
    if (node < 0) return node;
    if (ends_in_slash(&target) && nodes[node].kind != FILE_KIND_DIRECTORY) return -ENOTDIR;
    if (model_count(node) > 0) return -ENOTEMPTY;
    nodes[node].parent = -1;
    model_forget_if_unused(node);
    return 0;
}

int model_make_directory(const char *path, struct model_target *target) {
    int directory = model_parent(path, target);
    if (directory < 0) return directory;
    if (is_special(target) || model_child(directory, target->name, target->length) >= 0)
        return -EEXIST;
    return 0;
}

static int model_find_or_make(const char *path, uint32_t flags, struct model_target *target,
                              bool *makes) {
    int node = model_parent(path, target);
    if (node < 0) return node;
    node =
        is_special(target) ? model_lookup(path) : model_child(node, target->name, target->length);
    *makes = node == -ENOENT && !ends_in_slash(target);
    if (node == -ENOENT) return *makes ? -ENOENT : -EISDIR;
    if (node >= 0 && (flags & O_EXCL)) return -EEXIST;
    if (node >= 0 && ends_in_slash(target) && nodes[node].kind != FILE_KIND_DIRECTORY)
        return -ENOTDIR;
    return node;
}

int model_open(const char *path, uint32_t flags, struct model_target *target, bool *makes) {
    bool creates = flags & O_CREAT, writes = flags & O_ACCMODE;
    *makes = false;
    if ((creates && (flags & O_DIRECTORY)) || ((flags & O_TRUNC) && !writes)) return -EINVAL;
    int node = creates ? model_find_or_make(path, flags, target, makes) : model_lookup(path);
    if (node < 0) return node;
    if (nodes[node].kind == FILE_KIND_DIRECTORY) return writes || creates ? -EISDIR : node;
    return flags & O_DIRECTORY ? -ENOTDIR : node;
}
