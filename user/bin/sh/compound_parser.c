// SPDX-License-Identifier: MIT
// The parser's part for if, while, until, for and braces. As everywhere in it, a function returns
// when the parse has failed, and what it has made by then goes with the arena.
#include <ctype.h>
#include "parser.h"

// False if commands are nested too deep.
bool parser_enter(struct parser *parser) {
    if (++parser->depth <= NESTING_MAX) return true;
    parser_fail(parser, parser->token.line, "more than %d nested parentheses, ifs and loops",
                NESTING_MAX);
    return false;
}

// Takes a word that must come now; `what` began in that line.
static void expect_word(struct parser *parser, const char *word, const char *what, unsigned line) {
    if (parser->failed) return;
    if (parser_sees_word(parser, word))
        lexer_advance(parser);
    else if (parser->token.kind == TOKEN_END)
        parser_fail(parser, line, "%s has no %s", what, word);
    else
        parser_fail(parser, parser->token.line, "%s is expected here, for the %s of line %u", word,
                    what, line);
}

// A list that is not empty.
static struct list *parse_part(struct parser *parser, const char *what, unsigned line) {
    struct list *list = parser_parse_list(parser);
    if (!parser->failed && list->first == NULL) {
        if (parser->token.kind == TOKEN_END)
            parser_fail(parser, line, "the text ends in the %s", what);
        else
            parser_fail(parser, parser->token.line, "a command is missing, in the %s of line %u",
                        what, line);
    }
    return list;
}

static void parse_if_parts(struct parser *parser, struct command *command) {
    command->condition = parse_part(parser, "if", command->line);
    expect_word(parser, "then", "if", command->line);
    command->body = parse_part(parser, "if", command->line);
    if (parser->failed) return;
    if (parser_sees_word(parser, "elif")) {
        struct command *inner = parser_alloc(parser, sizeof(*inner));
        struct pipeline *pipeline = parser_alloc(parser, sizeof(*pipeline));
        struct and_or *and_or = parser_alloc(parser, sizeof(*and_or));
        command->otherwise = parser_alloc(parser, sizeof(*command->otherwise));
        if (parser->failed || !parser_enter(parser)) return;
        inner->kind = COMMAND_IF;
        inner->line = parser->token.line;
        pipeline->commands = inner;
        and_or->pipelines = pipeline;
        command->otherwise->first = and_or;
        lexer_advance(parser);
        parse_if_parts(parser, inner); // takes the fi
        parser->depth--;
        return;
    }
    if (parser_sees_word(parser, "else")) {
        lexer_advance(parser);
        command->otherwise = parse_part(parser, "else", command->line);
    }
    expect_word(parser, "fi", "if", command->line);
}

static void parse_loop_body(struct parser *parser, struct command *command, const char *what) {
    expect_word(parser, "do", what, command->line);
    command->body = parse_part(parser, what, command->line);
    expect_word(parser, "done", what, command->line);
}

static void parse_for_words(struct parser *parser, struct command *command) {
    struct word **tail = &command->words;
    lexer_advance(parser); // in
    for (; parser->token.kind == TOKEN_WORD; lexer_advance(parser)) {
        *tail = parser->token.word;
        tail = &parser->token.word->next;
    }
}

static void parse_for(struct parser *parser, struct command *command) {
    const struct word_part *name =
        parser->token.kind == TOKEN_WORD ? parser->token.word->parts : NULL;
    if (name == NULL || name->next != NULL || name->kind != PART_TEXT || name->quoted ||
        isdigit(name->text[0]) || !parser_is_name(name->text)) {
        parser_fail(parser, command->line, "for needs the name of a variable");
        return;
    }
    command->variable = name->text;
    lexer_advance(parser);
    parser_skip_newlines(parser);
    command->over_parameters = !parser_sees_word(parser, "in");
    if (!command->over_parameters) parse_for_words(parser, command);
    if (parser->token.kind == TOKEN_SEMICOLON) lexer_advance(parser);
    parser_skip_newlines(parser);
    parse_loop_body(parser, command, "for");
}

// if, while, until, for or {. False if it is none of these.
bool parser_parse_compound(struct parser *parser, struct command *command) {
    static const struct {
        const char *word;
        enum command_kind kind;
    } kinds[] = {{"if", COMMAND_IF},
                 {"while", COMMAND_WHILE},
                 {"until", COMMAND_UNTIL},
                 {"for", COMMAND_FOR},
                 {"{", COMMAND_GROUP}};
    size_t i = 0;
    while (i < sizeof(kinds) / sizeof(kinds[0]) && !parser_sees_word(parser, kinds[i].word)) i++;
    if (i == sizeof(kinds) / sizeof(kinds[0])) return false;
    command->kind = kinds[i].kind;
    if (!parser_enter(parser)) return true;
    lexer_advance(parser);
    if (command->kind == COMMAND_IF) {
        parse_if_parts(parser, command);
    } else if (command->kind == COMMAND_FOR) {
        parse_for(parser, command);
    } else if (command->kind == COMMAND_GROUP) {
        command->body = parse_part(parser, "{", command->line);
        expect_word(parser, "}", "{", command->line);
    } else {
        command->condition = parse_part(parser, kinds[i].word, command->line);
        parse_loop_body(parser, command, kinds[i].word);
    }
    parser->depth--;
    return true;
}
