// SPDX-License-Identifier: MIT
// Expansion. Fields grow one after the other at the arena's end; the vector of their addresses is
// made when their number is known.
#include "expand.h"
#include <string.h>

struct field {
    struct field *next;
    char *text;
};

struct expansion {
    struct arena *arena;
    struct variables *variables;
    struct field *first;
    struct field **tail;
    bool splits; // blanks in unquoted values end a field
    bool open;   // the last field still grows
    bool failed; // the arena is full
    int count;
};

static void append(struct expansion *expansion, char c) {
    if (!arena_text_append(expansion->arena, c)) expansion->failed = true;
}

static void open_field(struct expansion *expansion) {
    if (expansion->open || expansion->failed) return;
    struct field *field = arena_alloc(expansion->arena, sizeof(*field));
    if (field == NULL) {
        expansion->failed = true;
        return;
    }
    field->text = arena_text_begin(expansion->arena);
    *expansion->tail = field;
    expansion->tail = &field->next;
    expansion->open = true;
    expansion->count++;
}

static void close_field(struct expansion *expansion) {
    if (expansion->open) append(expansion, '\0');
    expansion->open = false;
}

// What is not quoted may be part of a pattern, where words become fields.
static void append_unquoted(struct expansion *expansion, char c) {
    if (expansion->splits && strchr("*?[", c) != NULL) append(expansion, PATTERN_MARK);
    append(expansion, c);
}

static void add_text(struct expansion *expansion, const char *text, bool quoted) {
    open_field(expansion);
    for (; *text != '\0'; text++)
        quoted ? append(expansion, *text) : append_unquoted(expansion, *text);
}

static void add_split_text(struct expansion *expansion, const char *text) {
    for (; *text != '\0'; text++) {
        if (strchr(" \t\n", *text) != NULL) {
            close_field(expansion);
        } else {
            open_field(expansion);
            append_unquoted(expansion, *text);
        }
    }
}

static void add_value(struct expansion *expansion, const char *value, bool quoted) {
    if (quoted || !expansion->splits)
        add_text(expansion, value, true);
    else
        add_split_text(expansion, value);
}

// $@ and $*: each parameter is a field of its own, except in "$*" and where nothing is split.
static void add_parameters(struct expansion *expansion, const struct word_part *part) {
    bool joins = !expansion->splits || (part->quoted && part->text[0] == '*');
    if (joins) open_field(expansion);
    for (int i = 0; i < expansion->variables->positional_count; i++) {
        if (i > 0 && joins)
            append(expansion, ' ');
        else if (i > 0)
            close_field(expansion);
        add_value(expansion, expansion->variables->positional[i], part->quoted);
    }
}

static void add_part(struct expansion *expansion, const struct word_part *part) {
    if (part->kind == PART_TEXT) {
        add_text(expansion, part->text, part->quoted);
    } else if (part->text[0] == '@' || part->text[0] == '*') {
        add_parameters(expansion, part);
    } else {
        const char *value = variables_get(expansion->variables, part->text);
        add_value(expansion, value != NULL ? value : "", part->quoted);
    }
}

static void add_word(struct expansion *expansion, const struct word *word) {
    for (const struct word_part *part = word->parts; part != NULL; part = part->next)
        add_part(expansion, part);
    close_field(expansion);
}

char **expand_words(struct arena *arena, struct variables *variables, const struct word *words,
                    int *count) {
    struct expansion expansion = {.arena = arena, .variables = variables, .splits = true};
    expansion.tail = &expansion.first;
    for (const struct word *word = words; word != NULL; word = word->next)
        add_word(&expansion, word);
    char **vector = arena_alloc(arena, ((size_t)expansion.count + 1) * sizeof(*vector));
    if (expansion.failed || vector == NULL) return NULL;
    *count = expansion.count;
    int i = 0;
    for (const struct field *field = expansion.first; field != NULL; field = field->next)
        vector[i++] = field->text;
    return vector;
}

char *expand_word(struct arena *arena, struct variables *variables, const struct word *word) {
    struct expansion expansion = {.arena = arena, .variables = variables};
    expansion.tail = &expansion.first;
    open_field(&expansion);
    add_word(&expansion, word);
    return expansion.failed ? NULL : expansion.first->text;
}
