// SPDX-License-Identifier: MIT
// User programs for the host machine: labels, files, archives.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "image.h"
#include "programs.h"

#define TEXT_SIZE  (2 * 4096)
#define STRINGS_AT 4096
#define LABELS     64

// Copies the instructions without labels, and makes distances of the labels they jump to.
static void assemble(const struct test_program *program, struct host_instruction *text) {
    int64_t places[LABELS], place = 0;
    for (size_t i = 0; i < program->count; i++) {
        if (program->code[i].operation == HOST_LABEL)
            places[program->code[i].value] = place;
        else
            place++;
    }
    require((size_t)place * sizeof(*text) <= STRINGS_AT);
    place = 0;
    for (size_t i = 0; i < program->count; i++) {
        if (program->code[i].operation == HOST_LABEL) continue;
        text[place] = program->code[i];
        if (text[place].reserved == TO_LABEL) {
            text[place].reserved = 0;
            text[place].value = places[text[place].value] - place;
        }
        place++;
    }
}

size_t programs_archive(const struct test_program *programs, size_t count, const void **archive) {
    static char bytes[512 * 1024], file[64 * 1024];
    static char text[TEXT_SIZE] __attribute__((aligned(16)));
    size_t at = image_archive_add(bytes, 0, "bin/", NULL, 0);
    for (size_t i = 0; i < count; i++) {
        memset(text, 0, sizeof(text));
        assemble(&programs[i], (struct host_instruction *)text);
        memcpy(text + STRINGS_AT, programs[i].strings, programs[i].strings_size);
        size_t size = image_elf(file, sizeof(file), USER_PROGRAM_BASE, text, sizeof(text));
        require(at + size + 4096 <= sizeof(bytes));
        at = image_archive_add(bytes, at, programs[i].path, file, size);
    }
    *archive = bytes;
    return image_archive_end(at);
}
