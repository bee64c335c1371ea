// SPDX-License-Identifier: MIT
// From a tree back to text. Every kind of quoting is shown in one way only.
#include "describe.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct text {
    char *next;
    size_t room; // with the terminating zero
};

static void add_list(struct text *text, const struct list *list);

static void add_character(struct text *text, char c) {
    if (text->room <= 1) return;
    *text->next++ = c;
    *text->next = '\0';
    text->room--;
}

static void add(struct text *text, const char *string) {
    while (*string != '\0') add_character(text, *string++);
}

// Whether a $ in front of this would make it a variable, where it is none: a backslash and a
// newline stood between them.
static bool begins_variable(const struct word_part *part, const char *behind) {
    const struct word_part *next = part->next;
    if (*behind == '\0') return next != NULL && next->kind == PART_VARIABLE && !next->quoted;
    return isalnum(*behind) || strchr("_{?$!#@*", *behind) != NULL;
}

// Text that has to be quoted to stay what it is.
static bool wants_quotes(const struct word_part *part) {
    if (part->kind == PART_VARIABLE) return false;
    for (const char *c = part->text; !part->quoted && *c != '\0'; c++)
        if (*c == '$' && begins_variable(part, c + 1)) return true;
    return part->quoted;
}

static void add_part(struct text *text, const struct word_part *part) {
    if (part->kind == PART_VARIABLE) {
        add(text, part->quoted ? "\"${" : "${");
        add(text, part->text);
        add(text, part->quoted ? "}\"" : "}");
        return;
    }
    for (const char *c = part->text; *c != '\0'; c++) {
        add_character(text, *c);
        if (*c == '\'') add(text, "\\''"); // behind the end of the quotation
    }
}

static void add_word(struct text *text, const struct word *word) {
    bool quotes = false;
    for (const struct word_part *part = word->parts; part != NULL; part = part->next) {
        if (wants_quotes(part) != quotes) add(text, "'");
        quotes = wants_quotes(part);
        add_part(text, part);
    }
    if (quotes) add(text, "'");
}

// A redirection in front makes a reserved word one like others, but it is shown behind the words.
static bool is_reserved(const struct word *word) {
    static const char *const words[] = {"!",    "if",   "while", "until", "for",  "{", "then",
                                        "elif", "else", "fi",    "do",    "done", "}"};
    const struct word_part *part = word->parts;
    if (part->next != NULL || part->kind != PART_TEXT || part->quoted) return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(part->text, words[i]) == 0) return true;
    return false;
}

static void add_redirection(struct text *text, const struct redirection *redirection) {
    static const char *const operators[] = {
        [REDIRECT_READ] = "<",
        [REDIRECT_WRITE] = ">",
        [REDIRECT_APPEND] = ">>",
        [REDIRECT_COPY] = ">&",
    };
    char number[16];
    snprintf(number, sizeof(number), "%d", redirection->descriptor);
    if (redirection->descriptor != (redirection->kind == REDIRECT_READ ? 0 : 1)) add(text, number);
    add(text, operators[redirection->kind]);
    add_word(text, redirection->target);
}

// Ends a list before a word that belongs to a compound command.
static void add_end(struct text *text, const struct list *list, const char *word) {
    const struct and_or *last = list->first;
    while (last->next != NULL) last = last->next;
    add(text, last->background ? " " : "; ");
    add(text, word);
}

static void add_part_list(struct text *text, const char *word, const struct list *list) {
    add(text, word);
    add_list(text, list);
}

static void add_for(struct text *text, const struct command *command) {
    add(text, "for ");
    add(text, command->variable);
    add(text, command->over_parameters ? "" : " in");
    for (const struct word *word = command->words; word != NULL; word = word->next) {
        add(text, " ");
        add_word(text, word);
    }
}

static void add_if(struct text *text, const struct command *command) {
    const struct list *last = command->otherwise != NULL ? command->otherwise : command->body;
    add_part_list(text, "if ", command->condition);
    add_end(text, command->condition, "then ");
    add_list(text, command->body);
    if (command->otherwise != NULL) {
        add_end(text, command->body, "else ");
        add_list(text, command->otherwise);
    }
    add_end(text, last, "fi");
}

static void add_compound(struct text *text, const struct command *command) {
    switch (command->kind) {
    case COMMAND_SUBSHELL:
        add_part_list(text, "(", command->body);
        add(text, ")");
        return;
    case COMMAND_GROUP:
        add_part_list(text, "{ ", command->body);
        add_end(text, command->body, "}");
        return;
    case COMMAND_FUNCTION:
        add(text, command->variable);
        add_part_list(text, "() ", command->body);
        return;
    case COMMAND_IF: add_if(text, command); return;
    case COMMAND_FOR:
        add_for(text, command);
        add(text, "; do ");
        break;
    default:
        add_part_list(text, command->kind == COMMAND_WHILE ? "while " : "until ",
                      command->condition);
        add_end(text, command->condition, "do ");
    }
    add_list(text, command->body);
    add_end(text, command->body, "done");
}

static void add_command(struct text *text, const struct command *command) {
    const char *blank = command->kind == COMMAND_SIMPLE ? "" : " ";
    if (command->kind != COMMAND_SIMPLE) add_compound(text, command);
    for (const struct assignment *a = command->assignments; a != NULL; a = a->next) {
        add(text, blank);
        add(text, a->name);
        add(text, "=");
        add_word(text, a->value);
        blank = " ";
    }
    const struct word *words = command->kind == COMMAND_SIMPLE ? command->words : NULL;
    for (const struct word *word = words; word != NULL; word = word->next) {
        const char *quote = *blank == '\0' && is_reserved(word) ? "'" : "";
        add(text, blank);
        add(text, quote);
        add_word(text, word);
        add(text, quote);
        blank = " ";
    }
    for (const struct redirection *r = command->redirections; r != NULL; r = r->next) {
        add(text, blank);
        add_redirection(text, r);
        blank = " ";
    }
}

static void add_pipeline(struct text *text, const struct pipeline *pipeline) {
    static const char *const connectors[] = {
        [CONNECT_ALWAYS] = "",
        [CONNECT_IF_TRUE] = " && ",
        [CONNECT_IF_FALSE] = " || ",
    };
    add(text, connectors[pipeline->connector]);
    add(text, pipeline->negated ? "! " : "");
    for (const struct command *c = pipeline->commands; c != NULL; c = c->next) {
        add_command(text, c);
        add(text, c->next != NULL ? " | " : "");
    }
}

static void add_and_or(struct text *text, const struct and_or *and_or) {
    for (const struct pipeline *p = and_or->pipelines; p != NULL; p = p->next)
        add_pipeline(text, p);
}

static void add_list(struct text *text, const struct list *list) {
    for (const struct and_or *a = list->first; a != NULL; a = a->next) {
        add_and_or(text, a);
        add(text, a->background ? " &" : "");
        if (a->next != NULL) add(text, a->background ? " " : "; ");
    }
}

void describe_and_or(const struct and_or *and_or, char *text, size_t size) {
    struct text start = {text, size};
    *text = '\0';
    add_and_or(&start, and_or);
}

void describe_list(const struct list *list, char *text, size_t size) {
    struct text start = {text, size};
    *text = '\0';
    add_list(&start, list);
}
