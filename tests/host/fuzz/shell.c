// SPDX-License-Identifier: MIT
// Fuzzes the shell's lexer and parser, and the description of the trees they make.
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
        if (result == PARSE_COMMAND) describe_list(tree, description, DESCRIPTION);
    }
    abort(); // a command without a character
}
