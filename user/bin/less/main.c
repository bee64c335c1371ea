// SPDX-License-Identifier: MIT
// less [-N] [FILE ...]: shows files, or standard input, a screen at a time; -N with line numbers. h
// lists the keys. Where the output is no console it copies, as cat. Also called more.
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "view.h"

#define USAGE     "usage: less [-N] [FILE ...]"
#define COUNT_MAX 10000000

static const char keys_text[] =
    "space f PgDn  a screen on             b PgUp    a screen back\n"
    "j Enter Down  a row on                k Up      a row back\n"
    "d             half a screen on        u         half a screen back\n"
    "g Home        the beginning           G End     the end\n"
    "40g           line 40                 ^L        draw again, ask for the size\n"
    "/TEXT         search for a pattern    n N       the next one, the one before\n"
    "-             line numbers, or not    :n :p     the next file, the one before\n"
    "q ^C          the end\n"
    "\n"
    "In a pattern . is any character, * any number of the one before, ^ and $ are begin and end "
    "of\n"
    "the line, and \\ makes a character mean itself. q leaves these lines.\n";

struct pager {
    struct view view;
    struct pattern pattern;
    bool has_pattern;
    size_t count; // typed before a key
};

static void search(struct pager *pager, enum search search) {
    const char *message = "";
    if (!pager->has_pattern)
        message = "there is no pattern: type / first";
    else if (!view_search(&pager->view, &pager->pattern, search))
        message = search == SEARCH_BEFORE ? "not found above" : "not found below";
    strlcpy(pager->view.message, message, MESSAGE_MAX);
}

static void ask_pattern(struct pager *pager) {
    char text[PATTERN_MAX];
    if (!terminal_ask(&pager->view.terminal, "/", text, sizeof(text))) return;
    if (text[0] != '\0') pager->has_pattern = pattern_compile(&pager->pattern, text, false);
    search(pager, text[0] != '\0' ? SEARCH_HERE : SEARCH_BEHIND);
}

static void move(struct pager *pager, int key) {
    struct view *view = &pager->view;
    int page = view_rows(view), count = pager->count > 0 ? (int)pager->count : 1;
    switch (key) {
    case ' ':
    case 'f':
    case KEY_CONTROL('F'):
    case KEY_PAGE_DOWN: return view_forward(view, page);
    case 'b':
    case KEY_CONTROL('B'):
    case KEY_PAGE_UP: return view_back(view, page);
    case 'd': return view_forward(view, page / 2);
    case 'u': return view_back(view, page / 2);
    case 'j':
    case '\r':
    case '\n':
    case KEY_DOWN: return view_forward(view, count);
    case 'k':
    case KEY_UP: return view_back(view, count);
    case 'g':
    case '<':
    case KEY_HOME: return view_go_to_line(view, pager->count);
    case 'G':
    case '>':
    case KEY_END:
        return pager->count > 0 ? view_go_to_line(view, pager->count) : view_go_to_end(view);
    case '/': return ask_pattern(pager);
    case 'n': return search(pager, SEARCH_BEHIND);
    case 'N': return search(pager, SEARCH_BEFORE);
    case '-': view->shows_numbers = !view->shows_numbers; return;
    case KEY_CONTROL('L'): terminal_ask_size(&view->terminal);
    }
}

static void show_keys(struct pager *pager);

// Shows one document until the user wants another one, 'n' or 'p', or none, 'q'.
static int show(struct pager *pager, struct document *document) {
    struct view *view = &pager->view;
    view->document = document;
    view->top = 0;
    for (;;) {
        if (!terminal_has_key(&view->terminal)) view_draw(view);
        int key = terminal_key(&view->terminal);
        if (key == ':') {
            key = terminal_key(&view->terminal);
            if (key == 'n' || key == 'p') return key;
        }
        if (key < 0 || key == 'q' || key == 'Q' || key == KEY_CONTROL('C')) return 'q';
        if (key >= '0' && key <= '9') {
            if (pager->count < COUNT_MAX) pager->count = 10 * pager->count + (size_t)(key - '0');
            continue;
        }
        if (key == 'h')
            show_keys(pager);
        else
            move(pager, key);
        pager->count = 0;
    }
}

// The list of keys is a document too, which has no list of keys.
static void show_keys(struct pager *pager) {
    struct document *document = pager->view.document;
    size_t top = pager->view.top;
    struct document keys = {.name = "keys",
                            .source = -1,
                            .text = (char *)keys_text,
                            .size = sizeof(keys_text) - 1,
                            .is_complete = true};
    if (document->source < 0) return;
    show(pager, &keys);
    pager->view.document = document;
    pager->view.top = top;
}

static void show_all(struct pager *pager, struct document *documents, int count) {
    int console = isatty(STDIN_FILENO) ? STDIN_FILENO : open("/dev/console", O_RDWR | O_CLOEXEC);
    if (console < 0) err(2, "/dev/console");
    if (terminal_open(&pager->view.terminal, console) < 0) err(2, "the console");
    for (int i = 0, key = 'n'; key != 'q'; i += key == 'n' ? 1 : -1) {
        if (i < 0 || i == count) {
            strlcpy(pager->view.message, "there is no other file", MESSAGE_MAX);
            i = i < 0 ? 0 : count - 1;
        }
        key = show(pager, &documents[i]);
    }
    terminal_close(&pager->view.terminal);
}

// ---- Files -------------------------------------------------------------------------------------

static int copy_all(const struct document *documents, int count) {
    static char buffer[8192];
    for (int i = 0; i < count; i++) {
        ssize_t size;
        while ((size = read(documents[i].source, buffer, sizeof(buffer))) > 0)
            if (write_all(STDOUT_FILENO, buffer, (size_t)size) < 0) err(1, "standard output");
        if (size < 0) err(1, "%s", documents[i].name);
    }
    return 0;
}

// What is wrong with a file that is to be shown, as errno; 0: nothing.
static int open_document(struct pager *pager, struct document *document, const char *name) {
    struct stat status;
    int source = open(name, O_RDONLY | O_CLOEXEC);
    if (source < 0) return errno;
    if (fstat(source, &status) == 0 && S_ISDIR(status.st_mode)) {
        close(source);
        return EISDIR;
    }
    document_init(document, name, source, &pager->view.terminal);
    return 0;
}

// Opens what can be opened of the operands. How many.
static int open_all(struct pager *pager, struct document *documents, int count, char **names) {
    int opened = 0;
    for (int i = 0; i < count; i++) {
        errno = open_document(pager, &documents[opened], names[i]);
        if (errno == 0) {
            opened++;
            continue;
        }
        snprintf(pager->view.message, MESSAGE_MAX, "%.60s: %s", names[i], strerror(errno));
        warn("%s", names[i]);
    }
    return opened;
}

int main(int argc, char **argv) {
    static struct pager pager;
    int option, wanted, opened = 1;
    while ((option = getopt(argc, argv, "N")) != -1) {
        pager.view.shows_numbers |= option == 'N';
        if (option == '?') errx(2, USAGE);
    }
    wanted = argc - optind;
    struct document *documents = calloc((size_t)wanted + 1, sizeof(*documents));
    if (documents == NULL) err(2, "%d files", wanted);
    if (wanted > 0)
        opened = open_all(&pager, documents, wanted, argv + optind);
    else if (isatty(STDIN_FILENO))
        errx(2, USAGE);
    else
        document_init(documents, "standard input", STDIN_FILENO, &pager.view.terminal);
    if (opened == 0) return 1;
    if (isatty(STDOUT_FILENO))
        show_all(&pager, documents, opened);
    else
        copy_all(documents, opened);
    return wanted > opened;
}
