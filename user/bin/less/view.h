// SPDX-License-Identifier: MIT
// What of a document is on the screen, and moving in it.
#pragma once

#include <pattern.h>
#include "document.h"

#define MESSAGE_MAX 128

struct view {
    struct terminal terminal;
    struct document *document;
    size_t top; // where the first row starts
    bool shows_numbers;
    char message[MESSAGE_MAX]; // for the last row, once; empty: name and place
};

void view_draw(struct view *view);

// Rows that show text: all but the last.
int view_rows(const struct view *view);

// Goes so many rows on, until the end is on the screen, or back.
void view_forward(struct view *view, int rows);
void view_back(struct view *view, int rows);
void view_go_to_end(struct view *view);
// To a line, counted from 1, or to the last one if there are less.
void view_go_to_line(struct view *view, size_t line);

// Where a search begins, seen from the first line that is shown.
enum search { SEARCH_HERE, SEARCH_BEHIND, SEARCH_BEFORE };

// Goes to the next line in which the pattern is. False if there is none.
bool view_search(struct view *view, const struct pattern *pattern, enum search search);
