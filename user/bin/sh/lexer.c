// SPDX-License-Identifier: MIT
// The parser's lower half: characters to tokens, words with their quotes and variables.
#include <ctype.h>
#include <string.h>
#include "parser.h"

// A word as it grows.
struct word_builder {
    struct word *word;
    struct word_part **tail;
    struct word_part *open; // text that can still grow
};

// ---- Characters --------------------------------------------------------------------------------

// The next character, or SOURCE_END at the end and after an error.
static int peek(struct parser *parser) {
    if (parser->failed) return SOURCE_END;
    if (!parser->has_lookahead) {
        parser->source->continued = parser->length > 0;
        parser->lookahead = parser->source->next(parser->source);
        parser->has_lookahead = true;
    }
    if (parser->lookahead == '\0') {
        parser_fail(parser, parser->line, "a zero byte: this is not a script");
        return SOURCE_END;
    }
    return parser->lookahead;
}

static int take(struct parser *parser) {
    int c = peek(parser);
    if (c == SOURCE_END) return c;
    parser->has_lookahead = false;
    if (++parser->length > COMMAND_LENGTH_MAX) {
        parser_fail(parser, parser->line, "the command is longer than %d characters",
                    COMMAND_LENGTH_MAX);
        return SOURCE_END;
    }
    if (c == '\n') parser->line++;
    return c;
}

static bool is_name_character(int c) { return isalnum(c) || c == '_'; }

static bool ends_word(int c) { return c == SOURCE_END || strchr(" \t\r\n;&|<>()", c) != NULL; }

// ---- Words -------------------------------------------------------------------------------------

static struct word_part *builder_add(struct parser *parser, struct word_builder *builder,
                                     enum part_kind kind, bool quoted) {
    struct word_part *part = parser_alloc(parser, sizeof(*part));
    if (part == NULL) return NULL;
    part->kind = kind;
    part->quoted = quoted;
    part->text = arena_text_begin(parser->arena);
    *builder->tail = part;
    builder->tail = &part->next;
    return part;
}

static void builder_append(struct parser *parser, char c) {
    if (!arena_text_append(parser->arena, c))
        parser_fail(parser, parser->line, "the command is too long");
}

static void builder_close(struct parser *parser, struct word_builder *builder) {
    if (builder->open != NULL) builder_append(parser, '\0');
    builder->open = NULL;
}

// Makes text of this kind of quoting the part that grows.
static void builder_open(struct parser *parser, struct word_builder *builder, bool quoted) {
    if (builder->open != NULL && builder->open->quoted == quoted) return;
    builder_close(parser, builder);
    builder->open = builder_add(parser, builder, PART_TEXT, quoted);
}

static void builder_put(struct parser *parser, struct word_builder *builder, int c, bool quoted) {
    builder_open(parser, builder, quoted);
    builder_append(parser, (char)c);
}

static bool is_special_name(int c) { return c > 0 && strchr("?$!#@*", c) != NULL; }

// The name behind "${": letters and digits, digits only, or one special character. False: none.
static bool read_braced_name(struct parser *parser) {
    int c = peek(parser);
    if (!is_special_name(c) && !is_name_character(c)) return false;
    builder_append(parser, (char)take(parser));
    if (is_special_name(c)) return true;
    while (isdigit(c) ? isdigit(peek(parser)) : is_name_character(peek(parser)))
        builder_append(parser, (char)take(parser));
    return true;
}

// The name behind "$": as above, but only one digit.
static void read_plain_name(struct parser *parser) {
    int c = take(parser);
    builder_append(parser, (char)c);
    if (isdigit(c) || is_special_name(c)) return;
    while (is_name_character(peek(parser))) builder_append(parser, (char)take(parser));
}

// What follows a "$" that has been taken.
static void read_variable(struct parser *parser, struct word_builder *builder, bool quoted) {
    unsigned line = parser->line;
    int c = peek(parser);
    if (c == '(') {
        parser_fail(parser, line, "command substitution, $(...), is not known");
        return;
    }
    if (c != '{' && !is_name_character(c) && !is_special_name(c)) {
        builder_put(parser, builder, '$', quoted);
        return;
    }
    builder_close(parser, builder);
    if (builder_add(parser, builder, PART_VARIABLE, quoted) == NULL) return;
    if (c != '{') {
        read_plain_name(parser);
    } else {
        take(parser);
        if (!read_braced_name(parser) || take(parser) != '}')
            parser_fail(parser, line, "${ needs a name and then }");
    }
    builder_append(parser, '\0');
}

static void read_single_quotes(struct parser *parser, struct word_builder *builder) {
    unsigned line = parser->line;
    take(parser);
    builder_open(parser, builder, true);
    while (peek(parser) != '\'') {
        int c = take(parser);
        if (c == SOURCE_END) {
            parser_fail(parser, line, "the quote ' is not closed");
            return;
        }
        builder_put(parser, builder, c, true);
    }
    take(parser);
}

// Behind a backslash in double quotes: it quotes a few characters and is itself before the others.
static void read_double_quoted_escape(struct parser *parser, struct word_builder *builder) {
    int c = peek(parser);
    if (c == '\n') {
        take(parser);
        return;
    }
    if (c == SOURCE_END || strchr("$`\"\\", c) == NULL)
        builder_put(parser, builder, '\\', true);
    else
        builder_put(parser, builder, take(parser), true);
}

static void refuse_backquote(struct parser *parser) {
    parser_fail(parser, parser->line, "command substitution, `...`, is not known");
}

static void read_double_quotes(struct parser *parser, struct word_builder *builder) {
    unsigned line = parser->line;
    take(parser);
    if (peek(parser) == '"') builder_open(parser, builder, true);
    while (peek(parser) != '"') {
        int c = take(parser);
        if (c == SOURCE_END) {
            parser_fail(parser, line, "the quote \" is not closed");
            return;
        }
        if (c == '$')
            read_variable(parser, builder, true);
        else if (c == '\\')
            read_double_quoted_escape(parser, builder);
        else if (c == '`')
            refuse_backquote(parser);
        else
            builder_put(parser, builder, c, true);
    }
    take(parser);
}

// A backslash outside quotes; in front of a newline both vanish.
static void read_escape(struct parser *parser, struct word_builder *builder) {
    take(parser);
    int c = take(parser);
    if (c == SOURCE_END)
        parser_fail(parser, parser->line, "nothing follows the last \\");
    else if (c != '\n')
        builder_put(parser, builder, c, true);
}

static void read_word_piece(struct parser *parser, struct word_builder *builder) {
    int c = peek(parser);
    if (c == '\'') {
        read_single_quotes(parser, builder);
    } else if (c == '"') {
        read_double_quotes(parser, builder);
    } else if (c == '\\') {
        read_escape(parser, builder);
    } else if (c == '$') {
        take(parser);
        read_variable(parser, builder, false);
    } else if (c == '`') {
        refuse_backquote(parser);
    } else {
        builder_put(parser, builder, take(parser), false);
    }
}

static struct word *read_word(struct parser *parser) {
    struct word_builder builder = {.word = parser_alloc(parser, sizeof(struct word))};
    if (builder.word == NULL) return NULL;
    builder.tail = &builder.word->parts;
    // Behind a continued line a comment may begin.
    while (!ends_word(peek(parser)) && (builder.word->parts != NULL || peek(parser) != '#'))
        read_word_piece(parser, &builder);
    builder_close(parser, &builder);
    return parser->failed ? NULL : builder.word;
}

// ---- Tokens ------------------------------------------------------------------------------------

// < > >> <& >&, behind a descriptor's number if one was given (else -1).
static void read_redirection(struct parser *parser, struct token *token, int descriptor) {
    bool reads = take(parser) == '<';
    token->kind = TOKEN_REDIRECTION;
    token->descriptor = descriptor >= 0 ? descriptor : reads ? 0 : 1;
    token->redirection = reads ? REDIRECT_READ : REDIRECT_WRITE;
    if (peek(parser) == '&') {
        take(parser);
        token->redirection = REDIRECT_COPY;
    } else if (peek(parser) == '>' && !reads) {
        take(parser);
        token->redirection = REDIRECT_APPEND;
    } else if (peek(parser) == '<' && reads) {
        parser_fail(parser, token->line, "here documents, <<, are not known");
    }
}

// The number of a descriptor, if the word is nothing else and stands directly before < or >.
static int word_to_descriptor(struct parser *parser, const struct word *word) {
    const struct word_part *part = word->parts;
    int c = peek(parser);
    if ((c != '<' && c != '>') || part->next != NULL || part->quoted || part->kind != PART_TEXT ||
        strspn(part->text, "0123456789") != strlen(part->text))
        return -1;
    int descriptor = 0;
    for (const char *digit = part->text; *digit != '\0'; digit++)
        if (descriptor <= REDIRECTED_DESCRIPTOR_MAX) descriptor = descriptor * 10 + *digit - '0';
    if (descriptor > REDIRECTED_DESCRIPTOR_MAX)
        parser_fail(parser, parser->line, "descriptors in redirections go up to %d",
                    REDIRECTED_DESCRIPTOR_MAX);
    return descriptor;
}

static void read_word_token(struct parser *parser, struct token *token) {
    struct word *word = read_word(parser);
    if (word == NULL || word->parts == NULL) return;
    int descriptor = word_to_descriptor(parser, word);
    token->kind = TOKEN_WORD;
    token->word = word;
    if (descriptor >= 0) read_redirection(parser, token, descriptor);
}

static enum token_kind read_operator(struct parser *parser, enum token_kind once, int character,
                                     enum token_kind twice) {
    take(parser);
    if (peek(parser) != character) return once;
    take(parser);
    return twice;
}

static void skip_blanks_and_comment(struct parser *parser) {
    while (peek(parser) == ' ' || peek(parser) == '\t' || peek(parser) == '\r') take(parser);
    if (peek(parser) == '#')
        while (peek(parser) != '\n' && peek(parser) != SOURCE_END) take(parser);
}

static void read_token(struct parser *parser, struct token *token) {
    switch (peek(parser)) {
    case SOURCE_END: return;
    case '\n':
        take(parser);
        token->kind = TOKEN_NEWLINE;
        return;
    case ';':
        take(parser);
        token->kind = TOKEN_SEMICOLON;
        return;
    case '(':
        take(parser);
        token->kind = TOKEN_OPEN;
        return;
    case ')':
        take(parser);
        token->kind = TOKEN_CLOSE;
        return;
    case '&': token->kind = read_operator(parser, TOKEN_AMPERSAND, '&', TOKEN_IF_TRUE); return;
    case '|': token->kind = read_operator(parser, TOKEN_PIPE, '|', TOKEN_IF_FALSE); return;
    case '<':
    case '>': read_redirection(parser, token, -1); return;
    default: read_word_token(parser, token);
    }
}

void lexer_advance(struct parser *parser) {
    struct token *token = &parser->token;
    do {
        skip_blanks_and_comment(parser);
        *token = (struct token){.kind = TOKEN_END, .line = parser->line};
        read_token(parser, token);
        // A word of nothing but a continued line is none: go on behind it.
    } while (token->kind == TOKEN_END && peek(parser) != SOURCE_END);
    if (parser->failed) token->kind = TOKEN_END;
}
