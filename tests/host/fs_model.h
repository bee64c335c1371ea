// SPDX-License-Identifier: MIT
// A simple model of a file system's names and of what calls on paths should come to, against which
// the real one is compared. Contents are kept by the test.
#pragma once

#include "fs_support.h"

#define NODES     48
#define FILE_SIZE 50000 // the largest that the model keeps
#define ROOT      0

struct node {
    enum file_kind kind; // 0: not in use
    int parent;          // -1: has no name any more
    char name[NAME_MAX + 1];
    int handles; // open files on it
    size_t size;
    char *contents;
};

extern struct node nodes[NODES];

// Only the root is there.
void model_reset(void);
bool model_is_full(void);

// The node of this name in a directory, or -ENOENT.
int model_child(int directory, const char *name, size_t length);

// How many names a directory has.
size_t model_count(int directory);

// A new node; the model is not full.
int model_make(int directory, const char *name, size_t length, enum file_kind kind);

// Ends a node that has neither name nor handles.
void model_forget_if_unused(int node);

// The node that a path names, or the error.
int model_lookup(const char *path);

// What unlink comes to, and does it.
int model_unlink(const char *path);

// A name that a call is about to make.
struct model_target {
    int directory;
    const char *name;
    size_t length;
};

// What mkdir comes to: 0 if it makes the target.
int model_make_directory(const char *path, struct model_target *target);

// What open comes to: the node; -ENOENT with *makes set if it makes the target; or an error.
int model_open(const char *path, uint32_t flags, struct model_target *target, bool *makes);
