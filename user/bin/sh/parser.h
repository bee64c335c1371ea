// SPDX-License-Identifier: MIT
// From characters to a tree, by recursive descent. Pure logic: it neither prints nor opens
// anything, and never looks beyond the newline that ends a command.
#pragma once

#include "arena.h"
#include "syntax.h"

// What a source delivers besides characters, which are 0 … 255.
#define SOURCE_END (-1)

struct source {
    int (*next)(struct source *source);
    bool continued; // the character will belong to a command that has begun
};

enum token_kind {
    TOKEN_END,
    TOKEN_NEWLINE,
    TOKEN_WORD,
    TOKEN_REDIRECTION,
    TOKEN_PIPE,
    TOKEN_IF_TRUE,
    TOKEN_IF_FALSE,
    TOKEN_SEMICOLON,
    TOKEN_AMPERSAND,
    TOKEN_OPEN,
    TOKEN_CLOSE,
};

struct token {
    enum token_kind kind;
    unsigned line;
    struct word *word;                 // of TOKEN_WORD
    enum redirection_kind redirection; // of TOKEN_REDIRECTION
    int descriptor;                    // the same
};

#define COMMAND_LENGTH_MAX (64 * 1024)
#define NESTING_MAX        32

struct parser {
    struct source *source;
    struct arena *arena;
    int lookahead; // a character that has been seen and not taken, if has_lookahead
    bool has_lookahead;
    unsigned line;      // of the next character
    size_t length;      // characters of this command
    unsigned depth;     // of parentheses
    struct token token; // seen and not taken
    bool failed;
    unsigned error_line;
    char error[120];
};

enum parse_result {
    PARSE_COMMAND,
    PARSE_EMPTY, // a line without a command
    PARSE_END,
    PARSE_ERROR, // see error and error_line; the rest of the line has not been read
};

void parser_init(struct parser *parser, struct source *source, struct arena *arena);

// Parses the next complete command, which may be several lines. Empties the arena first.
enum parse_result parser_next(struct parser *parser, struct list **list);

// ---- Between the parser's files ----------------------------------------------------------------

void parser_fail(struct parser *parser, unsigned line, const char *format, ...)
    __attribute__((format(__printf__, 3, 4)));
// As arena_alloc(), but failure is a parse error.
void *parser_alloc(struct parser *parser, size_t size);
// Reads the next token into parser->token; TOKEN_END after an error.
void lexer_advance(struct parser *parser);

bool parser_is_name(const char *text); // of a variable, but for a digit at its begin
bool parser_sees_word(const struct parser *parser, const char *text);
void parser_skip_newlines(struct parser *parser);
struct list *parser_parse_list(struct parser *parser);
// One level deeper; false if that is too deep.
bool parser_enter(struct parser *parser);
// Parses an if, a loop or a group, but for its redirections. False if what comes is none of these.
bool parser_parse_compound(struct parser *parser, struct command *command);
