// SPDX-License-Identifier: MIT
// The tree that the parser makes of one complete command. Everything in it lies in one arena.
//
//   list      :  and_or { (";" | "&") and_or }
//   and_or    :  pipeline { ("&&" | "||") pipeline }
//   pipeline  :  ["!"] command { "|" command }
//   command   :  { NAME=value | word | redirection }  or  compound { redirection }
//              | NAME "(" ")" compound { redirection }
//   compound  :  "(" list ")"
//              | "{" list "}"
//              | if list then list { elif list then list } [ else list ] fi
//              | ( while | until ) list do list done
//              | for NAME [ in { word } ] ; do list done
//
// Lists of equals are chained by `next`, so that only compound commands nest.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum part_kind {
    PART_TEXT,
    PART_VARIABLE, // its text is the name: "HOME", "1", "?", ...
};

// A piece of a word. What is not quoted and comes from a variable is split at blanks.
struct word_part {
    enum part_kind kind;
    bool quoted;
    char *text;
    struct word_part *next;
};

struct word {
    struct word_part *parts;
    struct word *next;
};

struct assignment {
    const char *name;
    struct word *value;
    struct assignment *next;
};

enum redirection_kind {
    REDIRECT_READ,   // <
    REDIRECT_WRITE,  // >
    REDIRECT_APPEND, // >>
    REDIRECT_COPY,   // <& or >&: the target is a descriptor's number, or - to close
};

#define REDIRECTED_DESCRIPTOR_MAX 99

struct redirection {
    enum redirection_kind kind;
    int descriptor;
    struct word *target;
    struct redirection *next;
};

enum command_kind {
    COMMAND_SIMPLE,
    COMMAND_SUBSHELL,
    COMMAND_IF,
    COMMAND_WHILE,
    COMMAND_UNTIL,
    COMMAND_FOR,
    COMMAND_GROUP,
    COMMAND_FUNCTION,
};

struct command {
    enum command_kind kind;
    unsigned line;
    struct assignment *assignments; // of a simple command
    struct word *words;             // the same; of for: what the variable becomes
    const char *variable;           // of for; of a function its name
    bool over_parameters;           // for without in: over "$@"
    struct list *condition;         // of if, while, until
    struct list *body;              // of all but a simple command; of a function one command
    struct list *otherwise;         // of if: else, or NULL; for elif a list of one if
    struct redirection *redirections;
    int process; // where execution notes the number of the command's process
    struct command *next;
};

enum connector { CONNECT_ALWAYS, CONNECT_IF_TRUE, CONNECT_IF_FALSE };

struct pipeline {
    enum connector connector; // to the pipeline before
    bool negated;
    struct command *commands;
    struct pipeline *next;
};

struct and_or {
    bool background;
    struct pipeline *pipelines;
    struct and_or *next;
};

struct list {
    struct and_or *first;
};
