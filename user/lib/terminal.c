// SPDX-License-Identifier: MIT
// The console as a screen: mode, keys, output.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <terminal.h>
#include <unistd.h>

#define ESCAPE       0x1b
#define PRINT_MAX    256
#define COLUMNS_MAX  1000 // larger numbers are nonsense
#define COLUMNS_MIN  16
#define ROWS_MIN     4
#define TAB_WIDTH    8
#define ASK_SIZE     "\x1b[999;999H\x1b[6n" // it goes as far as it can, and says where that is
#define ERASE_BEHIND "\x1b[K"
#define REVERSE      "\x1b[7m"
#define NORMAL       "\x1b[m"

// ---- Mode --------------------------------------------------------------------------------------

int terminal_open(struct terminal *terminal, int descriptor) {
    *terminal = (struct terminal){.descriptor = descriptor, .rows = 24, .columns = 80};
    if (descriptor < 0) return 0;
    if (ioctl(descriptor, CONSOLE_SET_MODE, CONSOLE_RAW) < 0) return -1;
    terminal_ask_size(terminal);
    return 0;
}

void terminal_ask_size(struct terminal *terminal) {
    terminal_put(terminal, ASK_SIZE, strlen(ASK_SIZE));
}

void terminal_close(struct terminal *terminal) {
    if (terminal->descriptor >= 0) {
        terminal_print(terminal, "\x1b[%d;1H" ERASE_BEHIND, terminal->rows);
        terminal_show(terminal);
        terminal_pause(terminal);
    }
    free(terminal->output);
}

void terminal_pause(struct terminal *terminal) {
    ioctl(terminal->descriptor, CONSOLE_SET_MODE, CONSOLE_LINES);
}

void terminal_resume(struct terminal *terminal) {
    ioctl(terminal->descriptor, CONSOLE_SET_MODE, CONSOLE_RAW);
}

// ---- Keys --------------------------------------------------------------------------------------

bool terminal_has_key(const struct terminal *terminal) {
    return terminal->input_next < terminal->input_count;
}

static int next_byte(struct terminal *terminal) {
    if (!terminal_has_key(terminal)) {
        ssize_t size = read(terminal->descriptor, terminal->input, sizeof(terminal->input));
        terminal->input_next = 0;
        terminal->input_count = size > 0 ? (size_t)size : 0;
        if (size <= 0) return -1;
    }
    return terminal->input[terminal->input_next++];
}

// The terminal says where it has gone to.
static int take_size(struct terminal *terminal, int rows, int columns) {
    if (rows < ROWS_MIN || columns < COLUMNS_MIN) return KEY_NOTHING;
    terminal->rows = rows;
    terminal->columns = columns;
    return KEY_SIZE;
}

static int key_of_number(int number) {
    switch (number) {
    case 1:
    case 7: return KEY_HOME;
    case 3: return KEY_DELETE;
    case 4:
    case 8: return KEY_END;
    case 5: return KEY_PAGE_UP;
    case 6: return KEY_PAGE_DOWN;
    default: return KEY_NOTHING;
    }
}

static int key_of_letter(int letter) {
    switch (letter) {
    case 'A': return KEY_UP;
    case 'B': return KEY_DOWN;
    case 'C': return KEY_RIGHT;
    case 'D': return KEY_LEFT;
    case 'H': return KEY_HOME;
    case 'F': return KEY_END;
    default: return KEY_NOTHING;
    }
}

// Behind "ESC [": numbers with semicolons between them, and a letter or ~ at the end.
static int read_sequence(struct terminal *terminal) {
    int numbers[2] = {0, 0}, count = 0, byte;
    while ((byte = next_byte(terminal)) >= 0 && (byte < '@' || byte > '~')) {
        if (byte == ';')
            count++;
        else if (byte >= '0' && byte <= '9' && count < 2 && numbers[count] < COLUMNS_MAX)
            numbers[count] = numbers[count] * 10 + byte - '0';
    }
    if (byte < 0) return -1;
    if (byte == 'R') return take_size(terminal, numbers[0], numbers[1]);
    return byte == '~' ? key_of_number(numbers[0]) : key_of_letter(byte);
}

int terminal_key(struct terminal *terminal) {
    int byte = next_byte(terminal);
    while (byte == ESCAPE) { // the escape key itself is forgotten when another one comes
        byte = next_byte(terminal);
        if (byte == '[') return read_sequence(terminal);
        if (byte == 'O') {
            byte = next_byte(terminal);
            return byte < 0 ? -1 : key_of_letter(byte);
        }
    }
    return byte;
}

// ---- Output ------------------------------------------------------------------------------------

// Without memory for it a part of the screen is missing.
void terminal_put(struct terminal *terminal, const char *text, size_t size) {
    size_t wanted = terminal->output_size + size;
    if (wanted > terminal->output_capacity) {
        char *grown = realloc(terminal->output, 2 * wanted);
        if (grown == NULL) return;
        terminal->output = grown;
        terminal->output_capacity = 2 * wanted;
    }
    memcpy(terminal->output + terminal->output_size, text, size);
    terminal->output_size = wanted;
}

void terminal_print(struct terminal *terminal, const char *format, ...) {
    char text[PRINT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    terminal_put(terminal, text, strlen(text));
}

void terminal_begin_row(struct terminal *terminal, int row) {
    terminal_print(terminal, "\x1b[%d;1H" ERASE_BEHIND, row + 1);
}

void terminal_put_status(struct terminal *terminal, const char *text) {
    int column = 0;
    terminal_begin_row(terminal, terminal->rows - 1);
    terminal_put(terminal, REVERSE, strlen(REVERSE));
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        int width = terminal_width(byte, column);
        if (column + width >= terminal->columns) break;
        terminal_put_byte(terminal, byte, column);
        column += width;
    }
    terminal_put(terminal, NORMAL, strlen(NORMAL));
}

void terminal_show(struct terminal *terminal) {
    if (terminal->output_size > 0)
        write_all(terminal->descriptor, terminal->output, terminal->output_size);
    terminal->output_size = 0;
}

int terminal_width(unsigned char byte, int column) {
    if (byte == '\t') return TAB_WIDTH - column % TAB_WIDTH;
    if (byte < ' ' || byte == KEY_BACKSPACE) return 2;
    return (byte & 0xc0) == 0x80 ? 0 : 1;
}

void terminal_put_byte(struct terminal *terminal, unsigned char byte, int column) {
    char shown[2] = {'^', (char)(byte ^ 0x40)};
    if (byte == '\t')
        terminal_print(terminal, "%*s", terminal_width(byte, column), "");
    else if (byte < ' ' || byte == KEY_BACKSPACE)
        terminal_put(terminal, shown, 2);
    else
        terminal_put(terminal, (const char *)&byte, 1);
}

// ---- Questions ---------------------------------------------------------------------------------

bool terminal_ask(struct terminal *terminal, const char *question, char *answer, size_t size) {
    char line[PRINT_MAX];
    size_t length = 0;
    for (;;) {
        answer[length] = '\0';
        snprintf(line, sizeof(line), "%s%s", question, answer);
        terminal_put_status(terminal, line);
        terminal_show(terminal);
        int key = terminal_key(terminal);
        if (key == '\r' || key == '\n') return true;
        if (key < 0 || key == KEY_CONTROL('C') || key == KEY_CONTROL('G')) return false;
        if (key == KEY_BACKSPACE || key == KEY_CONTROL('H')) {
            if (length == 0) return false;
            do length--;
            while (length > 0 && ((unsigned char)answer[length] & 0xc0) == 0x80);
        } else if ((key >= ' ' || key == '\t') && key <= 0xff && length + 1 < size) {
            answer[length++] = (char)key;
        }
    }
}
