// SPDX-License-Identifier: MIT
// The tree that the parser makes of one complete command. Everything in it lies in one arena.
//
//   list      :  and_or { (";" | "&") and_or }
//   and_or    :  pipeline { ("&&" | "||") pipeline }
//   pipeline  :  ["!"] command { "|" command }
//   command   :  { NAME=value | word | redirection }  or  "(" list ")" { redirection }
//
// Lists of equals are chained by `next`, so that only parentheses nest.
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

enum command_kind { COMMAND_SIMPLE, COMMAND_SUBSHELL };

struct command {
    enum command_kind kind;
    unsigned line;
    struct assignment *assignments; // of a simple command
    struct word *words;             // the same
    struct list *body;              // of a subshell
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
