// SPDX-License-Identifier: MIT
// Intrusive doubly linked lists with a sentinel. The owner of the list names the lock.
#pragma once

#include "abi/types.h"

struct list {
    struct list *next;
    struct list *previous;
};

#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

static inline void list_init(struct list *list) { list->next = list->previous = list; }

static inline bool list_is_empty(const struct list *list) { return list->next == list; }

static inline void list_insert_after(struct list *where, struct list *node) {
    node->next = where->next;
    node->previous = where;
    where->next->previous = node;
    where->next = node;
}

static inline void list_push_front(struct list *list, struct list *node) {
    list_insert_after(list, node);
}

static inline void list_push_back(struct list *list, struct list *node) {
    list_insert_after(list->previous, node);
}

// Takes a node out and leaves it as an empty list, so that removing it again does nothing.
static inline void list_remove(struct list *node) {
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_init(node);
}

// Visits every node; the visited one may be removed.
#define list_for_each(node, head)                                                                  \
    for (struct list *node = (head)->next, *node##_next = node->next; node != (head);              \
         node = node##_next, node##_next = node->next)
