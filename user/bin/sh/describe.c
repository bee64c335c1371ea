// SPDX-License-Identifier: MIT
// From a tree back to text. Every kind of quoting is shown in one way only.
#include "describe.h"
#include <stdio.h>

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

static void add_part(struct text *text, const struct word_part *part) {
    const char *quote = !part->quoted ? "" : part->kind == PART_VARIABLE ? "\"" : "'";
    add(text, quote);
    add(text, part->kind == PART_VARIABLE ? "${" : "");
    add(text, part->text);
    add(text, part->kind == PART_VARIABLE ? "}" : "");
    add(text, quote);
}

static void add_word(struct text *text, const struct word *word) {
    for (const struct word_part *part = word->parts; part != NULL; part = part->next)
        add_part(text, part);
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

static void add_compound(struct text *text, const struct command *command) {
    switch (command->kind) {
    case COMMAND_SUBSHELL:
        add_part_list(text, "(", command->body);
        add(text, ")");
        return;
    case COMMAND_IF:
        add_part_list(text, "if ", command->condition);
        add_part_list(text, "; then ", command->body);
        if (command->otherwise != NULL) add_part_list(text, "; else ", command->otherwise);
        add(text, "; fi");
        return;
    case COMMAND_FOR: add_for(text, command); break;
    default:
        add_part_list(text, command->kind == COMMAND_WHILE ? "while " : "until ",
                      command->condition);
    }
    add_part_list(text, "; do ", command->body);
    add(text, "; done");
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
        add(text, blank);
        add_word(text, word);
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
