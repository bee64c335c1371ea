// SPDX-License-Identifier: MIT
// Fuzzes the shell's lexer and parser, and the description of the trees they make, which is a
// command with the same tree, since functions are kept so.
#include <stdlib.h>

#include "../../../user/bin/sh/describe.h"
#include "../../../user/bin/sh/parser.h"
#include "user_lib.h"

#define ARENA_SIZE  (256 * 1024)
#define DESCRIPTION 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *input;
static size_t input_left;

static int next_character(struct source *source) {
    (void)source;
    if (input_left == 0) return SOURCE_END;
    input_left--;
    return (unsigned char)*input++;
}

static void parse_description(const char *description) {
    static struct parser parser;
    static char again[DESCRIPTION], memory[ARENA_SIZE];
    struct source source = {.next = next_character};
    struct arena arena;
    struct list *tree;
    const char *saved = input;
    size_t saved_left = input_left, length = 0;
    while (description[length]) length++;
    if (length == DESCRIPTION - 1) return; // it may be cut
    input = description;
    input_left = length;
    arena_init(&arena, memory, sizeof(memory));
    parser_init(&parser, &source, &arena);
    if (parser_next(&parser, &tree) != PARSE_COMMAND) abort();
    describe_list(tree, again, DESCRIPTION);
    for (size_t i = 0; i <= length; i++)
        if (again[i] != description[i]) abort();
    input = saved;
    input_left = saved_left;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct parser parser;
    static char description[DESCRIPTION], memory[ARENA_SIZE];
    struct source source = {.next = next_character};
    struct arena arena;
    struct list *tree;
    input = (const char *)data;
    input_left = size;
    fake_reset();
    arena_init(&arena, memory, sizeof(memory));
    parser_init(&parser, &source, &arena);
    for (size_t i = 0; i <= size; i++) {
        enum parse_result result = parser_next(&parser, &tree);
        if (result == PARSE_END || result == PARSE_ERROR) return 0;
        if (result != PARSE_COMMAND) continue;
        describe_list(tree, description, DESCRIPTION);
        parse_description(description);
    }
    abort(); // a command without a character
}
