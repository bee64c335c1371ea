// SPDX-License-Identifier: MIT
// The kernel's command line. Parsed once, before there is a second CPU; read-only afterwards.

#include "boot_options.h"
#include "lib/print.h"
#include "lib/string.h"

#define WORD_MAX 80

struct boot_options boot_options = {.init = "/bin/init", .console = "uart"};

// The value of `word` if it is name=value, or NULL.
static const char *value_of(const char *word, const char *name)
{
    size_t length = strlen(name);
    return strncmp(word, name, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static bool take_text(const char *word, const char *name, char *target, size_t size)
{
    const char *value = value_of(word, name);
    if (value && string_copy(target, value, size) >= size)
        kprintf("boot option %s: value too long, cut to %s\n", name, target);
    return value != NULL;
}

static bool take_number(const char *word, const char *name, uint64_t *target)
{
    const char *value = value_of(word, name);
    if (value && !string_to_number(value, target))
        kprintf("boot option %s: %s is not a number, ignored\n", name, value);
    return value != NULL;
}

static bool take_console(const char *word)
{
    const char *value = value_of(word, "console");
    if (!value)
        return false;
    if (strcmp(value, "uart") == 0 || strcmp(value, "virtio") == 0)
        string_copy(boot_options.console, value, sizeof(boot_options.console));
    else
        kprintf("boot option console: %s is neither uart nor virtio, ignored\n", value);
    return true;
}

static bool take_flag(const char *word, const char *name, bool *flag)
{
    if (strcmp(word, name) != 0)
        return false;
    *flag = true;
    return true;
}

static void parse_word(const char *word)
{
    struct boot_options *options = &boot_options;
    if (take_text(word, "init", options->init, sizeof(options->init)) ||
        take_text(word, "run", options->run, sizeof(options->run)) || take_console(word) ||
        take_flag(word, "quiet", &options->quiet) || take_flag(word, "panic", &options->panic) ||
        take_number(word, "sched_seed", &options->sched_seed))
        return;
    kprintf("unknown boot option: %s (known: init= run= console= sched_seed= quiet panic)\n", word);
}

void boot_options_parse(const char *command_line)
{
    char word[WORD_MAX];
    size_t length = 0;
    if (!command_line)
        return;
    for (const char *c = command_line;; c++) {
        if (*c && *c != ' ') {
            if (length < sizeof(word) - 1)
                word[length++] = *c;
            continue;
        }
        word[length] = 0;
        if (length > 0)
            parse_word(word);
        length = 0;
        if (*c == 0)
            return;
    }
}
