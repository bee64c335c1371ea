// SPDX-License-Identifier: MIT
// The user library under the names that user_names.h gives it, for tests that are compiled with the
// host's headers, and the system that the tests play for it.
#pragma once

#include "abi/types.h"
#include "../../user/lib/include/pattern.h"

void *user_memcpy(void *to, const void *from, size_t size);
void *user_memmove(void *to, const void *from, size_t size);
void *user_memset(void *to, int byte, size_t size);
int user_memcmp(const void *a, const void *b, size_t size);
void *user_memchr(const void *memory, int byte, size_t size);
size_t user_strlen(const char *string);
size_t user_strnlen(const char *string, size_t max);
int user_strcmp(const char *a, const char *b);
int user_strncmp(const char *a, const char *b, size_t max);
char *user_strchr(const char *string, int c);
char *user_strrchr(const char *string, int c);
char *user_strstr(const char *string, const char *part);
size_t user_strspn(const char *string, const char *accepted);
size_t user_strcspn(const char *string, const char *rejected);
char *user_strncpy(char *to, const char *from, size_t size);
size_t user_strlcpy(char *to, const char *from, size_t size);
size_t user_strlcat(char *to, const char *from, size_t size);
char *user_strdup(const char *string);
char *user_strerror(int number);

int user_snprintf(char *buffer, size_t size, const char *format, ...);
int user_dprintf(int descriptor, const char *format, ...);
int user_printf(const char *format, ...);
int user_puts(const char *text);
void user_warn(const char *format, ...);

typedef struct stream user_file;
extern user_file stdio_input, stdio_output, stdio_error;
user_file *user_fopen(const char *path, const char *mode);
user_file *user_fdopen(int descriptor, const char *mode);
int user_fclose(user_file *file);
int user_fflush(user_file *file);
int user_setvbuf(user_file *file, char *buffer, int mode, size_t size);
size_t user_fread(void *data, size_t size, size_t count, user_file *file);
size_t user_fwrite(const void *data, size_t size, size_t count, user_file *file);
int user_fgetc(user_file *file);
int user_getchar(void);
int user_ungetc(int c, user_file *file);
char *user_fgets(char *line, int size, user_file *file);
ssize_t user_getline(char **line, size_t *capacity, user_file *file);
int user_fputs(const char *text, user_file *file);
int user_fputc(int c, user_file *file);
int user_putchar(int c);
int user_fprintf(user_file *file, const char *format, ...);
int user_fseek(user_file *file, long offset, int whence);
long user_ftell(user_file *file);
void user_rewind(user_file *file);
int user_feof(user_file *file);
int user_ferror(user_file *file);
void user_clearerr(user_file *file);
int stdio_finish(int status);

void *user_malloc(size_t size);
void *user_calloc(size_t count, size_t size);
void *user_realloc(void *memory, size_t size);
void user_free(void *memory);
long user_strtol(const char *text, char **end, int base);
unsigned long user_strtoul(const char *text, char **end, int base);
void user_qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
int user_getopt(int argc, char *const argv[], const char *options);
extern char *user_optarg;
extern int user_optind, user_opterr, user_optopt;
int *errno_location(void);

// ---- The system that the tests play ------------------------------------------------------------

#define FAKE_HEAP   (1u << 20)
#define FAKE_OUTPUT 8192
#define FAKE_FILE   (1u << 16)
// What any path but / leads to. Input and output are all others.
#define FAKE_FILE_SLOT 4

struct fake_system {
    uint64_t heap_limit; // bytes that sbrk gives in all
    uint64_t heap_used;
    char output[FAKE_OUTPUT]; // what has been written
    size_t output_size;
    int writes;
    int64_t write_limit; // most bytes that one write takes; negative: -ERRNO
    const char *input;   // what reads get
    size_t input_size;
    size_t input_chunk; // most bytes of one read; 0: reads fail with EIO
    bool is_console;    // input and output
    char file[FAKE_FILE];
    size_t file_size;
    size_t position;
    int64_t file_flags; // of the last open()
};
extern struct fake_system fake;
void fake_reset(void);
void *user_sbrk(int64_t increment);
