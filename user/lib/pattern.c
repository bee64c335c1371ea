// SPDX-License-Identifier: MIT
// Small regular expressions. A match follows all ways through the pattern at once, as a set of
// positions in it, so that no text and no pattern makes it slow.
#include <ctype.h>
#include <pattern.h>
#include <string.h>

// The positions that the text read so far can have led to; position `length` is a match.
struct position_set {
    bool has[PATTERN_MAX + 1];
};

static bool pattern_add(struct pattern *pattern, enum pattern_kind kind, char c) {
    if (pattern->length == PATTERN_MAX) return false;
    pattern->element[pattern->length++] = (struct pattern_element){
        .kind = kind, .character = pattern->ignore_case ? (char)tolower(c) : c};
    return true;
}

bool pattern_compile_fixed(struct pattern *pattern, const char *text, bool ignore_case) {
    *pattern = (struct pattern){.ignore_case = ignore_case};
    for (; *text != '\0'; text++)
        if (!pattern_add(pattern, PATTERN_CHARACTER, *text)) return false;
    return true;
}

bool pattern_compile(struct pattern *pattern, const char *text, bool ignore_case) {
    *pattern = (struct pattern){.ignore_case = ignore_case};
    if (*text == '^') {
        pattern->at_begin = true;
        text++;
    }
    for (; *text != '\0'; text++) {
        if (*text == '$' && text[1] == '\0') {
            pattern->at_end = true;
        } else if (*text == '*' && pattern->length > 0) {
            pattern->element[pattern->length - 1].repeated = true;
        } else if (*text == '.') {
            if (!pattern_add(pattern, PATTERN_ANY, 0)) return false;
        } else {
            if (*text == '\\' && *++text == '\0') return false;
            if (!pattern_add(pattern, PATTERN_CHARACTER, *text)) return false;
        }
    }
    return true;
}

// Adds a position and those that lie behind repeated elements, which may occur zero times.
static void set_add(const struct pattern *pattern, struct position_set *set, uint32_t position) {
    set->has[position] = true;
    while (position < pattern->length && pattern->element[position].repeated)
        set->has[++position] = true;
}

static bool element_accepts(const struct pattern *pattern, uint32_t position, char c) {
    const struct pattern_element *element = &pattern->element[position];
    if (element->kind == PATTERN_ANY) return true;
    return element->character == (pattern->ignore_case ? (char)tolower(c) : c);
}

static void set_step(const struct pattern *pattern, const struct position_set *from, char c,
                     struct position_set *to) {
    memset(to, 0, sizeof(*to));
    for (uint32_t i = 0; i < pattern->length; i++) {
        if (!from->has[i] || !element_accepts(pattern, i, c)) continue;
        set_add(pattern, to, pattern->element[i].repeated ? i : i + 1);
    }
}

bool pattern_matches(const struct pattern *pattern, const char *text, size_t length) {
    struct position_set sets[2] = {0};
    for (size_t i = 0;; i++) {
        struct position_set *now = &sets[i % 2];
        if (i == 0 || !pattern->at_begin) set_add(pattern, now, 0);
        if (now->has[pattern->length] && (!pattern->at_end || i == length)) return true;
        if (i == length) return false;
        set_step(pattern, now, text[i], &sets[(i + 1) % 2]);
    }
}
