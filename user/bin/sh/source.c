// SPDX-License-Identifier: MIT
// Where commands come from: the console, a script, standard input, the text behind -c.
#include <errno.h>
#include <paths.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "complete.h"
#include "shell.h"

static void prompt(const struct input *input) {
    const char *text = input->source.continued ? "> " : "$ ";
    write_all(STDERR_FILENO, text, strlen(text));
}

// A line from the user, who may ask for its completion meanwhile. The console offers that only now:
// for programs a tab is a character.
static ssize_t input_read_console(struct input *input) {
    int console = input->descriptor;
    const char *path = variables_get(&input->shell->variables, "PATH");
    ssize_t size;
    bool completes = ioctl(console, CONSOLE_SET_MODE, CONSOLE_COMPLETE) == 0;
    prompt(input);
    for (;;) {
        size = read(console, input->buffer, input->chunk);
        if (!completes || size <= 0 || input->buffer[size - 1] != '\t') break;
        if (complete_line(console, input->buffer, (size_t)size - 1, path ? path : PATH_DEFAULT)) {
            prompt(input);
            ioctl(console, CONSOLE_INSERT, CONSOLE_REDRAW);
        }
    }
    int error = errno;
    if (completes) ioctl(console, CONSOLE_SET_MODE, CONSOLE_LINES);
    errno = error;
    return size;
}

static void input_fill(struct input *input) {
    ssize_t size = input->shell->interactive ? input_read_console(input)
                                             : read(input->descriptor, input->buffer, input->chunk);
    if (size < 0 && errno == EINTR && input->shell->interactive) {
        input->interrupted = true;
        size = 0;
    } else if (size < 0) {
        shell_error(input->shell, "cannot read commands: %s", strerror(errno));
        input->failed = true;
        size = 0;
    }
    if (size == 0 && input->shell->interactive && !input->interrupted)
        write_all(STDERR_FILENO, "\n", 1);
    input->next = input->buffer;
    input->length = (size_t)size;
}

static int input_next(struct source *source) {
    struct input *input = (struct input *)source;
    if (input->interrupted) return SOURCE_END; // until the shell has dropped its half command
    if (input->length == 0 && input->descriptor >= 0 && !input->failed) input_fill(input);
    if (input->length == 0) return SOURCE_END;
    input->length--;
    return (unsigned char)*input->next++;
}

void input_from_descriptor(struct input *input, struct shell *shell, int descriptor, size_t chunk) {
    *input = (struct input){
        .source = {.next = input_next}, .shell = shell, .descriptor = descriptor, .chunk = chunk};
}

void input_from_text(struct input *input, struct shell *shell, const char *text) {
    *input = (struct input){.source = {.next = input_next},
                            .shell = shell,
                            .descriptor = -1,
                            .next = text,
                            .length = strlen(text)};
}

void input_discard(struct input *input) { input->length = 0; }
