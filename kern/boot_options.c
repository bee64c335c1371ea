// SPDX-License-Identifier: MIT
// The kernel's command line. Parsed once, before there is a second CPU; read-only afterwards.

#include "boot_options.h"
#include "lib/print.h"
#include "lib/string.h"

#define WORD_MAX 80

struct boot_options boot_options = {.init = "/bin/init", .console = "uart"};

// The value of `word` if it is name=value, or NULL.
static const char *value_of(const char *word, const char *name) {
    size_t length = strlen(name);
    return strncmp(word, name, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static bool take_text(const char *word, const char *name, char *target, size_t size) {
    const char *value = value_of(word, name);
    if (value && string_copy(target, value, size) >= size)
        kprintf("boot option %s: value too long, cut to %s\n", name, target);
    return value != NULL;
}

static bool take_number(const char *word, const char *name, uint64_t *target) {
    const char *value = value_of(word, name);
    if (value && !string_to_number(value, target))
        kprintf("boot option %s: %s is not a number, ignored\n", name, value);
    return value != NULL;
}

// One of a few words; `choices` names them for the message.
static bool take_choice(const char *word, const char *name, const char *const *choices,
                        char *target, size_t size) {
    const char *value = value_of(word, name);
    if (!value) return false;
    for (; *choices; choices++)
        if (strcmp(value, *choices) == 0) {
            string_copy(target, value, size);
            return true;
        }
    kprintf("boot option %s: %s is not one of its values, ignored\n", name, value);
    return true;
}

static bool take_console(const char *word) {
    static const char *const choices[] = {"uart", "virtio", NULL};
    return take_choice(word, "console", choices, boot_options.console,
                       sizeof(boot_options.console));
}

static bool take_panic(const char *word) {
    static const char *const choices[] = {"boot", "assert", "fault", "stack", NULL};
    return take_choice(word, "panic", choices, boot_options.panic, sizeof(boot_options.panic));
}

static bool take_flag(const char *word, const char *name, bool *flag) {
    if (strcmp(word, name) != 0) return false;
    *flag = true;
    return true;
}

static void parse_word(const char *word) {
    struct boot_options *options = &boot_options;
    if (take_text(word, "init", options->init, sizeof(options->init)) ||
        take_text(word, "run", options->run, sizeof(options->run)) || take_console(word) ||
        take_flag(word, "quiet", &options->quiet) || take_panic(word) ||
        take_number(word, "sched_seed", &options->sched_seed))
        return;
    kprintf("unknown boot option: %s (known: init= run= console= sched_seed= panic= quiet)\n",
            word);
}

void boot_options_parse(const char *command_line) {
    char word[WORD_MAX];
    size_t length = 0;
    if (!command_line) return;
    for (const char *c = command_line;; c++) {
        if (*c && *c != ' ') {
            if (length < sizeof(word) - 1) word[length++] = *c;
            continue;
        }
        word[length] = 0;
        if (length > 0) parse_word(word);
        length = 0;
        if (*c == 0) return;
    }
}
