// SPDX-License-Identifier: MIT
// The kernel log. Its lock keeps lines of several CPUs apart; it is not taken once a CPU has begun
// to panic.

#include "lib/print.h"
#include "sync/lock.h"

static struct spinlock log_lock = SPINLOCK_INIT(LOCK_LOG);
static void (*log_sink)(const char *text, size_t size);

void log_set_sink(void (*sink)(const char *text, size_t size)) { log_sink = sink; }

void kprintf(const char *format, ...) {
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    size_t length = (size_t)format_string_va(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (!log_sink) return;
    if (length >= sizeof(line)) length = sizeof(line) - 1;
    if (panic_in_progress()) {
        log_sink(line, length);
        return;
    }
    spinlock_acquire(&log_lock);
    log_sink(line, length);
    spinlock_release(&log_lock);
}
