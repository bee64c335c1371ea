// SPDX-License-Identifier: MIT
// A shell parser that reads a text, for the tests of the parser and of expansion.
#pragma once

#include <check.h>
#include <string.h>

#include "user_lib.h"
#include "../../user/bin/sh/parser.h"

#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) ck_abort_msg("%s:%d: %s", __FILE__, __LINE__, #condition);               \
    } while (0)

uint32_t test_random(uint32_t limit);
void test_random_seed(uint64_t seed);

#define ARENA_SIZE (1024 * 1024)

static struct {
    struct source source;
    const char *text;
    size_t size;
    size_t taken;
    bool endless; // the last character comes again and again
} input;
static struct arena arena;
static struct parser parser;
static struct list *tree;

static int next_character(struct source *source) {
    (void)source;
    if (input.endless && input.taken == input.size) input.taken--;
    return input.taken < input.size ? (unsigned char)input.text[input.taken++] : SOURCE_END;
}

static inline void begin(const char *text, size_t size) {
    input.source.next = next_character;
    input.text = text;
    input.size = size;
    input.taken = 0;
    parser_init(&parser, &input.source, &arena);
}

static inline void setup(void) {
    static char memory[ARENA_SIZE];
    fake_reset();
    test_random_seed(1);
    memset(&input, 0, sizeof(input));
    arena_init(&arena, memory, sizeof(memory));
}
