// SPDX-License-Identifier: MIT
// Where commands come from: the console, a script, standard input, the text behind -c.
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "shell.h"

static void prompt(const struct input *input) {
    const char *text = input->source.continued ? "> " : "$ ";
    write_all(STDERR_FILENO, text, strlen(text));
}

static void input_fill(struct input *input) {
    if (input->shell->interactive) prompt(input);
    ssize_t size = read(input->descriptor, input->buffer, input->chunk);
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
