// SPDX-License-Identifier: MIT
// The graders' channel. Its spin lock guards the lines that wait to be taken and the one that is
// coming in; a sleep lock keeps what is sent together.
#include "dev/channel.h"

#include "abi/errno.h"
#include "dev/virtio_console.h"
#include "lib/print.h"
#include "lib/string.h"
#include "sched/sleep_lock.h"
#include "sched/wait_queue.h"

#define LINES_MAX 8 // the host has at most as many under way

struct line {
    int32_t pid; // 0: free
    char text[CHANNEL_LINE_MAX];
};

static struct channel {
    struct spinlock lock;
    bool is_open; // constant after boot
    struct line waiting[LINES_MAX];
    char coming[CHANNEL_LINE_MAX];
    size_t coming_size;
    struct wait_queue takers;
    struct sleep_lock sending;
} channel = {.lock = SPINLOCK_INIT(LOCK_CONSOLE)};

static struct line *find_line_locked(int32_t pid) {
    for (int i = 0; i < LINES_MAX; i++)
        if (channel.waiting[i].pid == pid) return &channel.waiting[i];
    return NULL;
}

// What is not a line for somebody, or comes when too many wait, is lost; the host will miss the
// answer.
static void end_line_locked(void) {
    int32_t pid = 0;
    size_t start = 0;
    channel.coming[channel.coming_size] = 0;
    for (; channel.coming[start] >= '0' && channel.coming[start] <= '9' && pid < 100000000; start++)
        pid = pid * 10 + (channel.coming[start] - '0');
    struct line *line = find_line_locked(0);
    if (pid > 0 && line && channel.coming[start] == ' ') {
        line->pid = pid;
        string_copy(line->text, channel.coming + start + 1, sizeof(line->text));
        wait_queue_wake_all(&channel.takers);
    }
    channel.coming_size = 0;
}

static void receive(const char *text, size_t size) {
    spinlock_acquire(&channel.lock);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n')
            end_line_locked();
        else if (channel.coming_size < CHANNEL_LINE_MAX - 1)
            channel.coming[channel.coming_size++] = text[i];
    }
    spinlock_release(&channel.lock);
}

bool channel_init(void) {
    if (!virtio_console_is_present(VIRTIO_CONSOLE_TERMINAL)) return false;
    wait_queue_init(&channel.takers);
    sleep_lock_init(&channel.sending);
    channel.is_open = true;
    virtio_console_enable_input(receive);
    return true;
}

int channel_receive(int32_t pid, char text[CHANNEL_LINE_MAX]) {
    struct line *line;
    int result = 0;
    if (!channel.is_open) return -ENODEV;
    spinlock_acquire(&channel.lock);
    while (!(line = find_line_locked(pid)) && result == 0)
        if (wait_queue_sleep(&channel.takers, &channel.lock, NULL, TIMEOUT_NEVER) == WAKE_KILLED)
            result = -EINTR;
    if (line) {
        line->pid = 0;
        result = (int)string_copy(text, line->text, CHANNEL_LINE_MAX);
    }
    spinlock_release(&channel.lock);
    return result;
}

int channel_send(int32_t pid, const char *answer, size_t size) {
    char line[CHANNEL_LINE_MAX + 16];
    const char *text = line;
    if (!channel.is_open) return -ENODEV;
    format_string(line, sizeof(line), "%d ", pid);
    size_t start = strlen(line);
    memcpy(line + start, answer, size);
    size += start;
    sleep_lock_acquire(&channel.sending);
    while (size > 0 && virtio_console_flush(VIRTIO_CONSOLE_TERMINAL)) {
        size_t sent = virtio_console_try_write(VIRTIO_CONSOLE_TERMINAL, text, size);
        text += sent;
        size -= sent;
    }
    sleep_lock_release(&channel.sending);
    return size == 0 ? 0 : -EIO;
}
