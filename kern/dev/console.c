// SPDX-License-Identifier: MIT
// The console: line discipline and /dev/console. The console lock guards editor, input queue, mode
// and foreground group; the output lock keeps what two programs write from mixing within a chunk.
#include "dev/console.h"

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "dev/line_editor.h"
#include "dev/uart.h"
#include "dev/virtio_console.h"
#include "fs/device.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/uaccess.h"
#include "sched/sleep_lock.h"
#include "sched/wait_queue.h"

#define INPUT_MAX     8192  // a power of two
#define INPUT_END     0x100 // in the queue of bytes: end of file
#define INPUT_BREAK   0x101 // Ctrl-C while no program was in the foreground
#define INPUT_TAB     0x102 // behind a text that is to be completed
#define READ_CHUNK    128
#define WRITE_CHUNK   256
#define WRITE_RETRY   NANOSECONDS_PER_MILLISECOND
#define ECHO_PATIENCE (2 * NANOSECONDS_PER_MILLISECOND)
#define BELL          "\a"

_Static_assert((INPUT_MAX & (INPUT_MAX - 1)) == 0 && INPUT_MAX > LINE_MAX,
               "the indices may wrap, and one line always fits an empty queue");

// What becomes of a tab in CONSOLE_COMPLETE; any other key is the end of it.
enum completion { COMPLETION_NONE, COMPLETION_WANTED, COMPLETION_READ };

static struct {
    struct spinlock lock;
    struct line_editor editor;
    struct wait_queue readers;
    uint16_t input[INPUT_MAX]; // what reads get, a ring
    uint32_t input_head;       // free-running indices: taken from here
    uint32_t input_tail;       // put here
    int64_t mode;              // CONSOLE_LINES, CONSOLE_RAW or CONSOLE_COMPLETE
    enum completion completion;
    int32_t foreground; // the group that Ctrl-C ends, or 0
    bool echo_stalled;  // the terminal did not take the last echo
    struct sleep_lock output_lock;
    void (*kill_group)(int32_t group); // constant once interrupts come
    bool on_virtio;                    // likewise
} console = {.lock = SPINLOCK_INIT(LOCK_CONSOLE)};

// ---- Output ------------------------------------------------------------------------------------

static size_t console_try_output(const char *text, size_t size) {
    if (console.on_virtio) return virtio_console_try_write(VIRTIO_CONSOLE_TERMINAL, text, size);
    return uart_try_write(text, size);
}

// For the editor, in interrupt context: what a terminal that has stopped does not take is lost, and
// it is waited for only once.
static void console_echo(const char *text, size_t size) {
    uint64_t deadline = clock_now() + (console.echo_stalled ? 0 : ECHO_PATIENCE);
    while (size > 0) {
        size_t written = console_try_output(text, size);
        text += written;
        size -= written;
        console.echo_stalled = written == 0 && clock_now() > deadline;
        if (console.echo_stalled) return;
    }
}

// Writes a chunk. 0, or why it was not written to its end.
static int64_t output_chunk(const struct cap_ref *ref, const char *text, size_t size,
                            size_t *done) {
    while (*done < size) {
        if (!cap_ref_is_live(ref)) return -EBADF;
        size_t written = console_try_output(text + *done, size - *done);
        *done += written;
        if (written == 0 && thread_sleep_until(clock_now() + WRITE_RETRY) == WAKE_KILLED)
            return -EINTR;
    }
    return 0;
}

static int64_t console_write(const struct cap_ref *ref, uint64_t buffer, size_t size) {
    char chunk[WRITE_CHUNK];
    size_t done = 0;
    int64_t error = user_range_is_valid(buffer, size) ? 0 : -EFAULT;
    while (done < size && error == 0) {
        size_t part = size - done < sizeof(chunk) ? size - done : sizeof(chunk), part_done = 0;
        error = copy_from_user(chunk, buffer + done, part);
        if (error != 0) break;
        sleep_lock_acquire(&console.output_lock);
        error = output_chunk(ref, chunk, part, &part_done);
        sleep_lock_release(&console.output_lock);
        spinlock_acquire(&console.lock);
        line_editor_note_output(&console.editor, chunk, part_done);
        spinlock_release(&console.lock);
        done += part_done;
        if (error == 0 && thread_current()->killed) error = -EINTR;
    }
    return done > 0 ? (int64_t)done : error;
}

void console_flush(void) {
    uart_flush();
    if (console.on_virtio) virtio_console_flush(VIRTIO_CONSOLE_TERMINAL);
}

// ---- Input, in interrupt context ---------------------------------------------------------------

static void input_put_locked(uint16_t item) {
    console.input[console.input_tail++ % INPUT_MAX] = item;
}

static uint32_t input_room_locked(void) {
    return INPUT_MAX - (console.input_tail - console.input_head);
}

// Moves what has been typed to where reads find it; the terminal beeps if nobody reads in time.
static void input_take_line_locked(bool end_of_file) {
    const struct line_editor *editor = &console.editor;
    uint32_t items = editor->length + (end_of_file ? 1 : 0);
    if (items <= input_room_locked()) {
        for (uint32_t i = 0; i < editor->length; i++) input_put_locked((uint8_t)editor->line[i]);
        if (end_of_file) input_put_locked(INPUT_END);
        wait_queue_wake_one(&console.readers);
    } else {
        console_echo(BELL, 1);
    }
    line_editor_next(&console.editor);
}

static void input_interrupt_locked(void) {
    console.input_head = console.input_tail;
    if (console.foreground == 0) {
        input_put_locked(INPUT_BREAK); // for the shell to drop what it has read and prompt again
        wait_queue_wake_one(&console.readers);
    }
}

// One byte from the terminal. The group that it ends, or 0.
static int32_t input_byte_locked(char byte) {
    if (console.mode == CONSOLE_RAW) {
        if (input_room_locked() > 0) input_put_locked((uint8_t)byte);
        wait_queue_wake_one(&console.readers);
        return 0;
    }
    console.completion = COMPLETION_NONE;
    switch (line_editor_input(&console.editor, byte)) {
    case LINE_COMPLETE:
        console.completion = COMPLETION_WANTED;
        wait_queue_wake_one(&console.readers);
        break;
    case LINE_READY: input_take_line_locked(false); break;
    case LINE_END_OF_FILE: input_take_line_locked(console.editor.length == 0); break;
    case LINE_INTERRUPT: input_interrupt_locked(); return console.foreground;
    case LINE_NOTHING: break;
    }
    return 0;
}

static void console_receive(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        spinlock_acquire(&console.lock);
        int32_t group = input_byte_locked(text[i]);
        spinlock_release(&console.lock);
        if (group != 0) console.kill_group(group); // takes locks that come before the console's
    }
}

static void uart_receive(const char *text, size_t size) {
    if (!console.on_virtio) console_receive(text, size);
}

// ---- Reading -----------------------------------------------------------------------------------

// Copies the start of the queue out, up to the end of a line. How much; *ended when a read must not
// go on behind it.
static uint32_t input_peek_locked(char *chunk, uint32_t size, bool *ended) {
    uint32_t count = 0, available = console.input_tail - console.input_head;
    while (count < size && count < available && !*ended) {
        uint16_t item = console.input[(console.input_head + count) % INPUT_MAX];
        *ended = item >= INPUT_END || (item == '\n' && console.mode != CONSOLE_RAW);
        if (item == INPUT_END || item == INPUT_BREAK) break;
        chunk[count++] = item == INPUT_TAB ? '\t' : (char)item;
    }
    return count;
}

// The line stays in the editor; what is queued behind whole lines, when somebody reads, is a copy.
static void input_offer_completion_locked(void) {
    if (console.completion != COMPLETION_WANTED || console.input_head != console.input_tail) return;
    for (uint32_t i = 0; i < console.editor.cursor; i++)
        input_put_locked((uint8_t)console.editor.line[i]);
    input_put_locked(INPUT_TAB);
    console.completion = COMPLETION_READ;
}

// Moves input to the user's buffer while that needs no fault. True when the read is complete: the
// buffer is full, or a line, the input or the file ends.
static bool input_deliver_locked(uint64_t buffer, size_t size, size_t *done) {
    char chunk[READ_CHUNK];
    bool ended = false;
    while (*done < size && !ended) {
        uint32_t part = size - *done < sizeof(chunk) ? (uint32_t)(size - *done) : sizeof(chunk);
        part = input_peek_locked(chunk, part, &ended);
        size_t copied = copy_to_user_atomic(buffer + *done, chunk, part);
        console.input_head += (uint32_t)copied;
        *done += copied;
        if (copied < part) return false;
        ended = ended || console.input_head == console.input_tail;
    }
    if (*done == 0) console.input_head++; // the mark of an end of file; behind other input it stays
    return true;
}

// Waits until there is input. 0 or -ERRNO.
static int64_t input_wait_locked(const struct cap_ref *ref) {
    while (cap_ref_is_live(ref)) {
        input_offer_completion_locked();
        if (console.input_head != console.input_tail) {
            bool is_break = console.input[console.input_head % INPUT_MAX] == INPUT_BREAK;
            console.input_head += is_break;
            return is_break ? -EINTR : 0;
        }
        enum wake_reason reason =
            cap_ref_sleep(ref, &console.readers, &console.lock, TIMEOUT_NEVER);
        if (reason == WAKE_KILLED) return -EINTR;
    }
    return -EBADF;
}

static int64_t console_read(const struct cap_ref *ref, uint64_t buffer, size_t size) {
    size_t done = 0;
    if (!user_range_is_valid(buffer, size)) return -EFAULT;
    if (size == 0) return 0;
    int64_t error = user_fault_in(buffer, true); // a bad buffer fails before it waits
    if (error != 0) return error;
    spinlock_acquire(&console.lock);
    error = input_wait_locked(ref);
    while (error == 0 && !input_deliver_locked(buffer, size, &done)) {
        spinlock_release(&console.lock);
        error = user_fault_in(buffer + done, true);
        spinlock_acquire(&console.lock);
        if (error != 0 || (done > 0 && console.input_head == console.input_tail)) break;
        error = input_wait_locked(ref); // others may have taken the rest, or the right to it
    }
    if (console.input_head != console.input_tail)
        wait_queue_wake_one(&console.readers); // for what this read has left
    spinlock_release(&console.lock);
    return done > 0 ? (int64_t)done : error;
}

// ---- Control and start -------------------------------------------------------------------------

static int64_t console_set_mode_locked(int64_t mode) {
    if (mode < CONSOLE_LINES || mode > CONSOLE_COMPLETE) return -EINVAL;
    if (mode == CONSOLE_RAW && console.mode != CONSOLE_RAW) input_take_line_locked(false);
    console.mode = mode;
    console.editor.completes = mode == CONSOLE_COMPLETE;
    console.completion = COMPLETION_NONE;
    return 0;
}

static int64_t console_set_foreground_locked(int64_t group) {
    if (group < 0 || group > INT32_MAX) return -EINVAL;
    console.foreground = (int32_t)group;
    return 0;
}

// Characters only: whoever may write to the console cannot finish a line for the user. A redraw is
// never late: keys that came while candidates were shown are in the line too.
static int64_t console_insert_locked(int64_t byte) {
    if (byte == CONSOLE_REDRAW) {
        line_editor_redraw(&console.editor);
        return 0;
    }
    if (byte < ' ' || byte > UINT8_MAX || byte == '\x7f') return -EINVAL;
    if (console.completion != COMPLETION_READ) return -EAGAIN;
    line_editor_input(&console.editor, (char)byte);
    return 0;
}

static int64_t console_control_locked(int64_t request, int64_t argument) {
    switch (request) {
    case CONSOLE_SET_FOREGROUND: return console_set_foreground_locked(argument);
    case CONSOLE_SET_MODE: return console_set_mode_locked(argument);
    case CONSOLE_INSERT: return console_insert_locked(argument);
    default: return -ENOTTY;
    }
}

static int64_t console_control(const struct cap_ref *ref, int64_t request, int64_t argument) {
    spinlock_acquire(&console.lock);
    int64_t result =
        cap_ref_is_live(ref) ? console_control_locked(request, argument) : -(int64_t)EBADF;
    spinlock_release(&console.lock);
    return result;
}

// Output may stop at a terminal that does not take it; then this waits for it, as writers do.
static void console_settle(void) {
    spinlock_acquire(&console.lock);
    spinlock_release(&console.lock);
    sleep_lock_acquire(&console.output_lock);
    sleep_lock_release(&console.output_lock);
}

static const struct device console_device = {"console", console_read, console_write,
                                             console_control, console_settle};

void console_init_early(void) {
    uart_init();
    log_set_sink(uart_write);
}

void console_init(void (*kill_group)(int32_t group)) {
    console.kill_group = kill_group;
    line_editor_init(&console.editor, console_echo);
    wait_queue_init(&console.readers);
    sleep_lock_init(&console.output_lock);
    device_register(&console_device);
    uart_enable_input(uart_receive);
}

bool console_use_virtio(void) {
    if (!virtio_console_is_present(VIRTIO_CONSOLE_TERMINAL)) return false;
    console.on_virtio = true;
    virtio_console_enable_input(console_receive);
    return true;
}
