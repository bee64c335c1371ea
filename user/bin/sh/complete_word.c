// SPDX-License-Identifier: MIT
// A look at a line that is not yet complete: enough of the lexer's rules to know its last word.
#include <ctype.h>
#include <string.h>
#include "complete.h"

struct scanner {
    const char *next;
    const char *end;
    struct unfinished_word *word;
    bool command_follows;
    bool target_follows; // of a redirection
    bool is_quoted;      // the word has or had a quote
};

static void word_begin(struct scanner *scanner) {
    scanner->word->length = 0;
    scanner->word->text[0] = '\0';
    scanner->word->quote = 0;
    scanner->word->is_command = scanner->command_follows && !scanner->target_follows;
    scanner->word->is_fixed = true;
    scanner->is_quoted = false;
}

static void word_put(struct unfinished_word *word, char c) {
    if (word->length + 1 == sizeof(word->text)) {
        word->is_fixed = false;
        return;
    }
    word->text[word->length++] = c;
    word->text[word->length] = '\0';
}

static void scan_escape(struct scanner *scanner) {
    struct unfinished_word *word = scanner->word;
    if (scanner->next == scanner->end)
        word->is_fixed = false; // it quotes what is not there yet
    else if (word->quote == '"' && strchr("$`\"\\", *scanner->next) == NULL)
        word_put(word, '\\');
    else
        word_put(word, *scanner->next++);
}

static void scan_character(struct scanner *scanner) {
    struct unfinished_word *word = scanner->word;
    char c = *scanner->next++;
    bool is_quote = c == word->quote || (word->quote == 0 && (c == '\'' || c == '"'));
    scanner->is_quoted |= is_quote || c == '\\';
    if (is_quote) {
        word->quote = word->quote == 0 ? c : '\0';
    } else if (c == '\\' && word->quote != '\'') {
        scan_escape(scanner);
    } else {
        if (word->quote != '\'' && (c == '$' || c == '`')) word->is_fixed = false;
        if (word->quote == 0 && strchr("*?[", c) != NULL) word->is_fixed = false;
        word_put(word, c);
    }
}

static bool is_assignment(const char *text) {
    size_t length = 0;
    while (isalnum(text[length]) || text[length] == '_') length++;
    return length > 0 && !isdigit(text[0]) && text[length] == '=';
}

// Whether the name of a program comes behind this word as well.
static bool keeps_command(const struct scanner *scanner) {
    static const char *const keywords[] = {"!",    "if",    "then",  "elif",
                                           "else", "while", "until", "do"};
    const char *text = scanner->word->text;
    if (scanner->is_quoted) return false;
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (strcmp(text, keywords[i]) == 0) return true;
    return is_assignment(text);
}

static bool is_word_end(const struct scanner *scanner) {
    return scanner->word->quote == 0 && strchr(" \t\n;&|<>()", *scanner->next) != NULL;
}

static void scan_word(struct scanner *scanner) {
    while (scanner->next < scanner->end && !is_word_end(scanner)) scan_character(scanner);
    if (scanner->next == scanner->end) return;
    if (!scanner->target_follows) scanner->command_follows &= keeps_command(scanner);
    scanner->target_follows = false;
}

// What separates words.
static void scan_separator(struct scanner *scanner) {
    char c = *scanner->next++;
    if (c == '<' || c == '>')
        scanner->target_follows = true;
    else if (strchr(";&|(\n", c) != NULL && !(c == '&' && scanner->target_follows))
        scanner->command_follows = true, scanner->target_follows = false;
}

void complete_find_word(struct unfinished_word *word, const char *line, size_t length) {
    struct scanner scanner = {
        .next = line, .end = line + length, .word = word, .command_follows = true};
    word_begin(&scanner);
    while (scanner.next < scanner.end) {
        if (is_word_end(&scanner)) {
            scan_separator(&scanner);
            word_begin(&scanner);
        } else if (*scanner.next == '#') {
            word->is_fixed = false; // a comment
            return;
        } else {
            word_begin(&scanner);
            scan_word(&scanner);
            if (scanner.next < scanner.end) word_begin(&scanner);
        }
    }
}

size_t complete_quote(char quote, char c, char quoted[COMPLETE_QUOTED_MAX]) {
    size_t size = 0;
    if (quote == '\'' && c == '\'') {
        memcpy(quoted, "'\\''", 4);
        return 4;
    }
    bool is_special = quote == '"' ? strchr("$`\"\\", c) != NULL
                                   : quote == 0 && strchr(" ;&|<>()'\"\\$`*?[]#!~", c) != NULL;
    if (is_special) quoted[size++] = '\\';
    quoted[size++] = c;
    return size;
}
