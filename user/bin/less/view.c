// SPDX-License-Identifier: MIT
// Drawing and moving.
#include "view.h"
#include <stdio.h>
#include <string.h>

#define NUMBER_WIDTH 8 // of the column of line numbers

int view_rows(const struct view *view) { return view->terminal.rows - 1; }

static int text_columns(const struct view *view) {
    return view->terminal.columns - (view->shows_numbers ? NUMBER_WIDTH : 0);
}

static size_t next_row(const struct view *view, size_t place) {
    return document_next_row(view->document, place, text_columns(view));
}

// ---- Drawing -----------------------------------------------------------------------------------

static void draw_number(struct view *view, size_t place) {
    struct document *document = view->document;
    if (place == document_line_start(document, place))
        terminal_print(&view->terminal, "%*zu ", NUMBER_WIDTH - 1,
                       document_line_number(document, place));
    else
        terminal_print(&view->terminal, "%*s", NUMBER_WIDTH, "");
}

static void draw_row(struct view *view, size_t place, size_t end) {
    int column = 0;
    if (view->shows_numbers) draw_number(view, place);
    for (; place < end && view->document->text[place] != '\n'; place++) {
        unsigned char byte = (unsigned char)view->document->text[place];
        terminal_put_byte(&view->terminal, byte, column);
        column += terminal_width(byte, column);
    }
}

static void draw_status(struct view *view, size_t bottom) {
    struct document *document = view->document;
    char text[MESSAGE_MAX], place[32] = "";
    size_t total = document->is_complete ? document->size : document->total;
    if (document->is_complete && bottom == document->size)
        strlcpy(place, "(END)", sizeof(place));
    else if (total > 0 && bottom <= total)
        snprintf(place, sizeof(place), "%zu%%", bottom / (total / 100 + 1));
    if (view->message[0] != '\0')
        strlcpy(text, view->message, sizeof(text));
    else
        snprintf(text, sizeof(text), "%.80s  line %zu  %s%s%s", document->name,
                 document_line_number(document, view->top), place, document->error != 0 ? "  " : "",
                 document->error != 0 ? strerror(document->error) : "");
    terminal_put_status(&view->terminal, text);
    view->message[0] = '\0';
}

void view_draw(struct view *view) {
    size_t place = view->top;
    for (int row = 0; row < view_rows(view); row++) {
        size_t next = next_row(view, place);
        terminal_begin_row(&view->terminal, row);
        if (next > place)
            draw_row(view, place, next);
        else
            terminal_put(&view->terminal, "~", 1);
        place = next;
    }
    draw_status(view, place);
    terminal_show(&view->terminal);
}

// ---- Moving ------------------------------------------------------------------------------------

void view_forward(struct view *view, int rows) {
    size_t bottom = view->top;
    for (int i = 0; i < view_rows(view); i++) bottom = next_row(view, bottom);
    for (; rows > 0; rows--) {
        size_t next = next_row(view, bottom);
        if (next == bottom) return;
        bottom = next;
        view->top = next_row(view, view->top);
    }
}

void view_back(struct view *view, int rows) {
    for (; rows > 0; rows--)
        view->top = document_previous_row(view->document, view->top, text_columns(view));
}

void view_go_to_end(struct view *view) {
    document_fill_all(view->document);
    view->top = view->document->size;
    view_back(view, view_rows(view));
}

void view_go_to_line(struct view *view, size_t line) {
    size_t place = 0;
    for (; line > 1; line--) {
        size_t next = document_next_line(view->document, place);
        if (next == view->document->size) break;
        place = next;
    }
    view->top = place;
}

static bool line_matches(const struct view *view, const struct pattern *pattern, size_t start,
                         size_t end) {
    const char *text = view->document->text;
    if (end > start && text[end - 1] == '\n') end--;
    return pattern_matches(pattern, text + start, end - start);
}

static bool search_back(struct view *view, const struct pattern *pattern) {
    size_t start = document_line_start(view->document, view->top);
    while (start > 0) {
        size_t end = start;
        start = document_line_start(view->document, start - 1);
        if (!line_matches(view, pattern, start, end)) continue;
        view->top = start;
        return true;
    }
    return false;
}

bool view_search(struct view *view, const struct pattern *pattern, enum search search) {
    if (search == SEARCH_BEFORE) return search_back(view, pattern);
    size_t start = document_line_start(view->document, view->top), end;
    if (search == SEARCH_BEHIND) start = document_next_line(view->document, view->top);
    while ((end = document_next_line(view->document, start)) > start) {
        if (line_matches(view, pattern, start, end)) {
            view->top = start;
            return true;
        }
        start = end;
    }
    return false;
}
