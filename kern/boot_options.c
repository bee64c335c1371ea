// SPDX-License-Identifier: MIT
// The kernel's command line. Parsed once, before there is a second CPU; read-only afterwards.

#include "boot_options.h"
#include "lib/print.h"
#include "lib/string.h"

#define WORD_MAX 80

struct boot_options boot_options = {.init = "/bin/init", .console = "uart"};

struct text_option {
    const char *name;
    char *text;
    size_t size;
    const char *choices; // separated by spaces, or NULL: any text
};

static const struct text_option text_options[] = {
    {"init", boot_options.init, sizeof(boot_options.init), NULL},
    {"run", boot_options.run, sizeof(boot_options.run), NULL},
    {"root", boot_options.root, sizeof(boot_options.root), "disk memory"},
    {"console", boot_options.console, sizeof(boot_options.console), "uart virtio"},
    {"panic", boot_options.panic, sizeof(boot_options.panic), "boot assert fault stack"},
};

static bool is_choice(const char *choices, const char *value) {
    size_t length = strlen(value);
    for (; choices; choices = strchr(choices, ' ') ? strchr(choices, ' ') + 1 : NULL)
        if (length > 0 && strncmp(choices, value, length) == 0 &&
            (choices[length] == ' ' || choices[length] == 0))
            return true;
    return false;
}

static void take_text(const struct text_option *option, const char *value) {
    if (option->choices && !is_choice(option->choices, value))
        kprintf("boot option %s: %s is not one of its values (%s), ignored\n", option->name, value,
                option->choices);
    else if (string_copy(option->text, value, option->size) >= option->size)
        kprintf("boot option %s: value too long, cut to %s\n", option->name, option->text);
}

static void take_word(char *word) {
    char *value = strchr(word, '=');
    if (value) *value++ = 0;
    for (size_t i = 0; value && i < sizeof(text_options) / sizeof(text_options[0]); i++)
        if (strcmp(word, text_options[i].name) == 0) return take_text(&text_options[i], value);
    if (!value && strcmp(word, "quiet") == 0)
        boot_options.quiet = true;
    else if (!value && strcmp(word, "channel") == 0)
        boot_options.channel = true;
    else if (!value || strcmp(word, "sched_seed") != 0)
        kprintf("unknown boot option: %s%s%s "
                "(known: init= run= root= console= sched_seed= panic= channel quiet)\n",
                word, value ? "=" : "", value ? value : "");
    else if (!string_to_number(value, &boot_options.sched_seed))
        kprintf("boot option sched_seed: %s is not a number, ignored\n", value);
}

void boot_options_parse(const char *command_line) {
    char word[WORD_MAX];
    size_t length = 0;
    for (const char *c = command_line ? command_line : "";; c++) {
        if (*c && *c != ' ') {
            if (length < sizeof(word) - 1) word[length++] = *c;
            continue;
        }
        word[length] = 0;
        if (length > 0) take_word(word);
        length = 0;
        if (*c == 0) return;
    }
}
