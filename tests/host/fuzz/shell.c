// SPDX-License-Identifier: MIT
// Fuzzes the shell's lexer and parser, and the description of what they made, which is parsed and
// described again: that must come out the same.
#include <stdlib.h>
#include <string.h>

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

// Describes the first command. False if there is none.
static bool parse(const char *text, size_t size, char *description) {
    static char memory[ARENA_SIZE];
    struct source source = {.next = next_character};
    struct arena arena;
    struct parser parser;
    struct list *tree;
    input = text;
    input_left = size;
    fake_reset();
    arena_init(&arena, memory, sizeof(memory));
    parser_init(&parser, &source, &arena);
    if (parser_next(&parser, &tree) != PARSE_COMMAND) return false;
    describe_list(tree, description, DESCRIPTION);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char first[DESCRIPTION], second[DESCRIPTION];
    if (!parse((const char *)data, size, first)) return 0;
    if (strlen(first) + 1 >= DESCRIPTION) return 0; // cut
    if (!parse(first, strlen(first), second)) abort();
    if (strcmp(first, second) != 0) abort();
    return 0;
}
