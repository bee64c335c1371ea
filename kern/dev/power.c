// SPDX-License-Identifier: MIT
// The end of the machine. Each report is one line on the control channel, sent before the power
// goes.
#include "dev/power.h"

#include "abi/errno.h"
#include "dev/console.h"
#include "dev/virtio_console.h"
#include "fs/device.h"
#include "fs/inode.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/uaccess.h"

#define STATUS_MAX  255
#define REPORT_SIZE 256

// Sends the line and waits for it to arrive.
static void report_send(const char *line) {
    size_t size = strlen(line);
    while (size > 0 && virtio_console_flush(VIRTIO_CONSOLE_CONTROL)) {
        size_t written = virtio_console_try_write(VIRTIO_CONSOLE_CONTROL, line, size);
        line += written;
        size -= written;
    }
    virtio_console_flush(VIRTIO_CONSOLE_CONTROL);
}

static void report_message(const char *word, const char *message) {
    char line[REPORT_SIZE];
    format_string(line, sizeof(line) - 1, "%s %s", word, message);
    size_t end = strlen(line);
    for (size_t i = 0; i < end; i++) {
        if (line[i] == '\n') line[i] = ' '; // a report is one line
    }
    line[end] = '\n';
    line[end + 1] = '\0';
    report_send(line);
}

void power_report_panic(const char *message) { report_message("panic", message); }

void power_off_failed(const char *message) {
    kprintf("%s\npower off\n", message);
    report_message("failed", message);
    arch_power_off(false);
}

// The status in `text`: decimal digits and perhaps a newline, nothing else. -1 if it is not one.
static int status_parse(const char *text, size_t size) {
    int status = 0;
    if (size > 0 && text[size - 1] == '\n') size--;
    if (size == 0) return -1;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        status = status * 10 + (text[i] - '0');
        if (status > STATUS_MAX) return -1;
    }
    return status;
}

void power_off(int status) {
    char line[32];
    if (file_system_sync_all()) kprintf("not everything could be written to the disk\n");
    kprintf("power off, status %d\n", status);
    console_flush();
    format_string(line, sizeof(line), "status %d\n", status);
    report_send(line);
    arch_power_off(false);
}

static int64_t power_write(const struct cap_ref *ref, uint64_t buffer, size_t size) {
    char text[16];
    if (size > sizeof(text)) return -EINVAL;
    if (copy_from_user(text, buffer, size) != 0) return -EFAULT;
    int status = status_parse(text, size);
    if (status < 0) return -EINVAL;
    if (!cap_ref_is_live(ref)) return -EBADF;
    power_off(status);
}

static const struct device power_device = {"power", NULL, power_write, NULL, NULL};

void power_init(void) { device_register(&power_device); }
