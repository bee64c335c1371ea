// SPDX-License-Identifier: MIT
// The parser's upper half: tokens to a tree. A function returns NULL when it has failed; what it
// has made by then goes with the arena.
#include "parser.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// The first error counts: what follows is its consequence.
void parser_fail(struct parser *parser, unsigned line, const char *format, ...) {
    if (parser->failed) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parser->error, sizeof(parser->error), format, arguments);
    va_end(arguments);
    parser->error_line = line;
    parser->failed = true;
}

void *parser_alloc(struct parser *parser, size_t size) {
    void *memory = parser->failed ? NULL : arena_alloc(parser->arena, size);
    if (memory == NULL) parser_fail(parser, parser->line, "the command is too long");
    return memory;
}

// Reports the present token as one that does not belong there.
static void fail_unexpected(struct parser *parser) {
    static const char *const names[] = {
        [TOKEN_NEWLINE] = "the end of the line",
        [TOKEN_WORD] = "a word",
        [TOKEN_REDIRECTION] = "a redirection",
        [TOKEN_PIPE] = "|",
        [TOKEN_IF_TRUE] = "&&",
        [TOKEN_IF_FALSE] = "||",
        [TOKEN_SEMICOLON] = ";",
        [TOKEN_AMPERSAND] = "&",
        [TOKEN_OPEN] = "(",
        [TOKEN_CLOSE] = ")",
    };
    const struct token *token = &parser->token;
    if (token->kind == TOKEN_END)
        parser_fail(parser, token->line, "the text ends where a command is expected");
    else
        parser_fail(parser, token->line, "%s is not expected here", names[token->kind]);
}

void parser_skip_newlines(struct parser *parser) {
    while (parser->token.kind == TOKEN_NEWLINE) lexer_advance(parser);
}

// ---- Parts of commands -------------------------------------------------------------------------

bool parser_is_name(const char *text) {
    if (*text == '\0') return false;
    while (isalnum(*text) || *text == '_') text++;
    return *text == '\0';
}

// Splits NAME=value at its "=". Returns the name, or NULL if the word is not an assignment.
static char *split_assignment(struct word *word) {
    struct word_part *part = word->parts;
    if (part->kind != PART_TEXT || part->quoted) return NULL;
    char *equals = strchr(part->text, '=');
    if (equals == NULL || equals == part->text || isdigit(part->text[0])) return NULL;
    for (const char *c = part->text; c < equals; c++)
        if (!isalnum(*c) && *c != '_') return NULL;
    char *name = part->text;
    *equals = '\0';
    part->text = equals + 1;
    return name;
}

// Where the next element of each kind goes.
struct command_builder {
    struct command *command;
    struct assignment **assignment;
    struct word **word;
    struct redirection **redirection;
};

static void add_redirection(struct parser *parser, struct command_builder *builder) {
    struct token token = parser->token;
    struct redirection *redirection = parser_alloc(parser, sizeof(*redirection));
    lexer_advance(parser);
    if (redirection == NULL) return;
    if (parser->token.kind != TOKEN_WORD) {
        parser_fail(parser, token.line, "the redirection has no target");
        return;
    }
    redirection->kind = token.redirection;
    redirection->descriptor = token.descriptor;
    redirection->target = parser->token.word;
    *builder->redirection = redirection;
    builder->redirection = &redirection->next;
    lexer_advance(parser);
}

static void add_assignment(struct parser *parser, struct command_builder *builder, char *name) {
    struct assignment *assignment = parser_alloc(parser, sizeof(*assignment));
    if (assignment == NULL) return;
    assignment->name = name;
    assignment->value = parser->token.word;
    *builder->assignment = assignment;
    builder->assignment = &assignment->next;
    lexer_advance(parser);
}

static void add_word(struct parser *parser, struct command_builder *builder) {
    struct word *word = parser->token.word;
    char *name = builder->command->words == NULL ? split_assignment(word) : NULL;
    if (name != NULL) {
        add_assignment(parser, builder, name);
        return;
    }
    *builder->word = word;
    builder->word = &word->next;
    lexer_advance(parser);
}

static void parse_redirections(struct parser *parser, struct command_builder *builder) {
    while (parser->token.kind == TOKEN_REDIRECTION) add_redirection(parser, builder);
}

// ---- Compound commands -------------------------------------------------------------------------

bool parser_sees_word(const struct parser *parser, const char *text) {
    if (parser->token.kind != TOKEN_WORD) return false;
    const struct word_part *part = parser->token.word->parts;
    return part->next == NULL && part->kind == PART_TEXT && !part->quoted &&
           strcmp(part->text, text) == 0;
}

// The words that end a list within a compound command.
static const char *ending_word(const struct parser *parser) {
    static const char *const words[] = {"then", "elif", "else", "fi", "do", "done", "}"};
    for (size_t i = 0; parser->depth > 0 && i < sizeof(words) / sizeof(words[0]); i++)
        if (parser_sees_word(parser, words[i])) return words[i];
    return NULL;
}

static void parse_subshell(struct parser *parser, struct command_builder *builder) {
    unsigned line = parser->token.line;
    if (!parser_enter(parser)) return;
    builder->command->kind = COMMAND_SUBSHELL;
    lexer_advance(parser);
    builder->command->body = parser_parse_list(parser);
    if (parser->failed) return;
    if (parser->token.kind == TOKEN_END)
        parser_fail(parser, line, "the parenthesis ( is not closed");
    else if (parser->token.kind != TOKEN_CLOSE || builder->command->body->first == NULL)
        fail_unexpected(parser);
    parser->depth--;
    lexer_advance(parser);
    parse_redirections(parser, builder);
}

static void begin_builder(struct command_builder *builder, struct command *command) {
    *builder = (struct command_builder){command, &command->assignments, &command->words,
                                        &command->redirections};
}

// A subshell, a group, an if or a loop. False if what comes is none of these.
static bool parse_nested(struct parser *parser, struct command_builder *builder) {
    if (parser->token.kind == TOKEN_OPEN)
        parse_subshell(parser, builder);
    else if (parser_parse_compound(parser, builder->command))
        parse_redirections(parser, builder);
    else
        return false;
    return true;
}

// ---- Simple commands and functions -------------------------------------------------------------

// Whether the command is nothing yet but what could be the name of a function.
static bool is_function_name(const struct command *command) {
    const struct word *word = command->words;
    if (word == NULL || word->next || command->assignments || command->redirections) return false;
    const struct word_part *part = word->parts;
    return part->next == NULL && part->kind == PART_TEXT && !part->quoted &&
           !isdigit(part->text[0]) && parser_is_name(part->text);
}

// Behind the name comes "()", and the command that a call will run.
static void parse_function(struct parser *parser, struct command_builder *builder) {
    struct command *command = builder->command;
    struct command *inner = parser_alloc(parser, sizeof(*inner));
    struct pipeline *pipeline = parser_alloc(parser, sizeof(*pipeline));
    struct and_or *and_or = parser_alloc(parser, sizeof(*and_or));
    command->kind = COMMAND_FUNCTION;
    command->variable = command->words->parts->text;
    command->words = NULL;
    command->body = parser_alloc(parser, sizeof(*command->body));
    lexer_advance(parser);
    if (parser->token.kind != TOKEN_CLOSE)
        parser_fail(parser, command->line, "( is not expected here");
    lexer_advance(parser);
    parser_skip_newlines(parser);
    if (parser->failed) return;
    inner->line = parser->token.line;
    pipeline->commands = inner;
    and_or->pipelines = pipeline;
    command->body->first = and_or;
    begin_builder(builder, inner);
    if (!parse_nested(parser, builder))
        parser_fail(parser, inner->line, "the function %s needs a body, as { or ( begin it",
                    command->variable);
}

static void parse_simple_command(struct parser *parser, struct command_builder *builder) {
    for (;;) {
        if (parser->token.kind == TOKEN_WORD)
            add_word(parser, builder);
        else if (parser->token.kind == TOKEN_REDIRECTION)
            add_redirection(parser, builder);
        else
            return;
        if (parser->failed) return;
        if (parser->token.kind == TOKEN_OPEN && is_function_name(builder->command)) {
            parse_function(parser, builder);
            return;
        }
    }
}

static struct command *parse_command(struct parser *parser) {
    struct command *command = parser_alloc(parser, sizeof(*command));
    if (command == NULL) return NULL;
    struct command_builder builder;
    begin_builder(&builder, command);
    command->line = parser->token.line;
    const char *ending = ending_word(parser);
    if (ending != NULL)
        parser_fail(parser, parser->token.line, "%s is not expected here", ending);
    else if (parse_nested(parser, &builder))
        ;
    else if (parser->token.kind == TOKEN_WORD || parser->token.kind == TOKEN_REDIRECTION)
        parse_simple_command(parser, &builder);
    else
        fail_unexpected(parser);
    return parser->failed ? NULL : command;
}

// ---- Pipelines and lists -----------------------------------------------------------------------

static struct pipeline *parse_pipeline(struct parser *parser, enum connector connector) {
    struct pipeline *pipeline = parser_alloc(parser, sizeof(*pipeline));
    if (pipeline == NULL) return NULL;
    pipeline->connector = connector;
    for (; parser_sees_word(parser, "!"); lexer_advance(parser))
        pipeline->negated = !pipeline->negated;
    struct command **tail = &pipeline->commands;
    for (;;) {
        struct command *command = parse_command(parser);
        if (command == NULL) return NULL;
        *tail = command;
        tail = &command->next;
        if (parser->token.kind != TOKEN_PIPE) return pipeline;
        lexer_advance(parser);
        parser_skip_newlines(parser);
    }
}

static struct and_or *parse_and_or(struct parser *parser) {
    struct and_or *and_or = parser_alloc(parser, sizeof(*and_or));
    if (and_or == NULL) return NULL;
    struct pipeline **tail = &and_or->pipelines;
    enum connector connector = CONNECT_ALWAYS;
    for (;;) {
        struct pipeline *pipeline = parse_pipeline(parser, connector);
        if (pipeline == NULL) return NULL;
        *tail = pipeline;
        tail = &pipeline->next;
        if (parser->token.kind == TOKEN_IF_TRUE)
            connector = CONNECT_IF_TRUE;
        else if (parser->token.kind == TOKEN_IF_FALSE)
            connector = CONNECT_IF_FALSE;
        else
            return and_or;
        lexer_advance(parser);
        parser_skip_newlines(parser);
    }
}

// True if the token ends a list: in compound commands newlines only separate its parts.
static bool list_ends(struct parser *parser) {
    if (parser->depth > 0) parser_skip_newlines(parser);
    enum token_kind kind = parser->token.kind;
    return ending_word(parser) != NULL || kind == TOKEN_END || kind == TOKEN_NEWLINE ||
           (kind == TOKEN_CLOSE && parser->depth > 0);
}

// Takes what separates two parts of a list. False if there is nothing of that kind.
static bool take_separator(struct parser *parser, struct and_or *and_or) {
    enum token_kind kind = parser->token.kind;
    and_or->background = kind == TOKEN_AMPERSAND;
    if (kind == TOKEN_SEMICOLON || kind == TOKEN_AMPERSAND) {
        lexer_advance(parser);
        return true;
    }
    return kind == TOKEN_NEWLINE && parser->depth > 0;
}

struct list *parser_parse_list(struct parser *parser) {
    struct list *list = parser_alloc(parser, sizeof(*list));
    if (list == NULL) return NULL;
    struct and_or **tail = &list->first;
    while (!list_ends(parser)) {
        struct and_or *and_or = parse_and_or(parser);
        if (and_or == NULL) return NULL;
        *tail = and_or;
        tail = &and_or->next;
        if (!take_separator(parser, and_or)) break;
    }
    return list;
}

// ---- The entrance ------------------------------------------------------------------------------

void parser_init(struct parser *parser, struct source *source, struct arena *arena) {
    *parser = (struct parser){.source = source, .arena = arena, .line = 1};
}

enum parse_result parser_next(struct parser *parser, struct list **list) {
    // After an error the source has been moved to another line.
    if (parser->failed) parser->has_lookahead = false;
    parser->failed = false;
    parser->length = 0;
    parser->depth = 0;
    parser->arena->used = 0;
    lexer_advance(parser);
    if (parser->token.kind == TOKEN_NEWLINE) return PARSE_EMPTY;
    if (parser->token.kind == TOKEN_END && !parser->failed) return PARSE_END;
    *list = parser_parse_list(parser);
    if (!parser->failed && parser->token.kind != TOKEN_NEWLINE && parser->token.kind != TOKEN_END)
        fail_unexpected(parser);
    return parser->failed ? PARSE_ERROR : PARSE_COMMAND;
}
