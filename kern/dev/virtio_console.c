// SPDX-License-Identifier: MIT
// virtio consoles. Each one's lock guards its two queues and the pages behind them: received bytes
// come in sixteen buffers of one page, what is sent goes out through a page of its own, one buffer
// at a time. The control queues are used at boot only.
#include "dev/virtio_console.h"

#include "dev/interrupt.h"
#include "dev/virtio.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/page.h"
#include "sched/clock.h"
#include "sync/lock.h"

#define CONSOLES 2

// Port 0's queues; those of port N > 0 begin at 2 + 2 N, behind the pair of control queues.
#define QUEUE_INPUT          0
#define QUEUE_OUTPUT         1
#define QUEUE_CONTROL_INPUT  2
#define QUEUE_CONTROL_OUTPUT 3
#define QUEUE_PORT_1         4

#define FEATURE_MULTIPORT 2

// Events of control messages (chapter 5.3.6.2).
#define EVENT_DEVICE_READY 0
#define EVENT_PORT_ADD     1
#define EVENT_PORT_READY   3
#define EVENT_PORT_OPEN    6

#define INPUT_BUFFER_SIZE (PAGE_SIZE / VIRTIO_QUEUE_SIZE)
#define START_PATIENCE    (100 * NANOSECONDS_PER_MILLISECOND)
#define FLUSH_PATIENCE    (5 * NANOSECONDS_PER_SECOND)

struct control_message {
    uint32_t port;
    uint16_t event;
    uint16_t value;
};

struct virtio_console {
    struct spinlock lock;
    bool present;
    struct virtio_device *device;
    struct virtio_queue input, output;
    char *input_page, *output_page;
    void (*receive)(const char *text, size_t size); // constant once interrupts come
};

static struct virtio_console consoles[CONSOLES];

// ---- Start -------------------------------------------------------------------------------------

// The next buffer that comes back on a queue, or -1 if none does in time.
static int queue_wait(struct virtio_queue *queue, uint32_t *written) {
    uint64_t deadline = arch_clock_now() + START_PATIENCE;
    int descriptor;
    while ((descriptor = virtio_queue_take(queue, written)) < 0 && arch_clock_now() < deadline)
        arch_cpu_relax();
    return descriptor;
}

static bool control_send(struct virtio_queue *queue, struct control_message *message,
                         uint16_t event) {
    uint32_t written;
    *message = (struct control_message){.port = 1, .event = event, .value = 1};
    virtio_queue_add(queue, message, sizeof(*message), false);
    virtio_notify(queue);
    return queue_wait(queue, &written) >= 0;
}

// Waits until the device has announced port 1.
static bool control_receive_port(struct virtio_queue *queue,
                                 const struct control_message *messages) {
    uint32_t written;
    int index;
    while ((index = queue_wait(queue, &written)) >= 0) {
        if (written >= sizeof(*messages) && messages[index].port == 1 &&
            messages[index].event == EVENT_PORT_ADD)
            return true;
    }
    return false;
}

// Opens port 1. What the device says later on its control queue is not listened to.
static bool port_open(struct virtio_console *console) {
    struct control_message *messages = page_alloc_zeroed(), *sent = messages + VIRTIO_QUEUE_SIZE;
    struct virtio_queue input, output;
    if (messages == NULL || !virtio_queue_init(&input, console->device, QUEUE_CONTROL_INPUT) ||
        !virtio_queue_init(&output, console->device, QUEUE_CONTROL_OUTPUT))
        return false;
    virtio_queue_silence(&input);
    virtio_queue_silence(&output);
    for (uint32_t i = 0; i < VIRTIO_QUEUE_SIZE; i++)
        virtio_queue_add(&input, &messages[i], sizeof(*messages), true);
    virtio_ready(console->device);
    return control_send(&output, sent, EVENT_DEVICE_READY) &&
           control_receive_port(&input, messages) &&
           control_send(&output, sent, EVENT_PORT_READY) &&
           control_send(&output, sent, EVENT_PORT_OPEN);
}

// Starts the device with all of its ports, to use port 1, or with port 0 only.
static bool port_start(struct virtio_console *console, uint64_t features) {
    uint32_t first_queue = features == FEATURE_MULTIPORT ? QUEUE_PORT_1 : 0;
    if (!virtio_begin(console->device, features, 0) ||
        !virtio_queue_init(&console->input, console->device, first_queue + QUEUE_INPUT) ||
        !virtio_queue_init(&console->output, console->device, first_queue + QUEUE_OUTPUT))
        return false;
    virtio_queue_silence(&console->output); // it is polled
    if (features == FEATURE_MULTIPORT) return port_open(console);
    virtio_ready(console->device);
    return true;
}

// What an attempt that fails has allocated stays so: it happens a few times at most, at boot.
static bool console_start(struct virtio_console *console) {
    console->input_page = page_alloc();
    console->output_page = page_alloc();
    if (console->input_page != NULL && console->output_page != NULL &&
        (port_start(console, FEATURE_MULTIPORT) || port_start(console, 0)))
        return true;
    virtio_fail(console->device);
    return false;
}

void virtio_console_init(void) {
    for (uint32_t i = 0; i < CONSOLES; i++) {
        struct virtio_device *device = virtio_find(VIRTIO_ID_CONSOLE, i);
        spinlock_init(&consoles[i].lock, LOCK_VIRTIO);
        if (device == NULL) continue;
        consoles[i].device = device;
        consoles[i].present = console_start(&consoles[i]);
        if (!consoles[i].present) kprintf("virtio: console %u does not start\n", i);
    }
}

bool virtio_console_is_present(uint32_t which) { return consoles[which].present; }

// ---- Input -------------------------------------------------------------------------------------

static char *input_buffer(const struct virtio_console *console, uint32_t index) {
    return console->input_page + index * INPUT_BUFFER_SIZE;
}

// Copies the next received buffer out and offers it again. False if there is none.
static bool input_take(struct virtio_console *console, char *text, uint32_t *size) {
    spinlock_acquire(&console->lock);
    int index = virtio_queue_take(&console->input, size);
    if (index >= 0) {
        memcpy(text, input_buffer(console, (uint32_t)index), *size);
        // All the others are with the device, so this one gets the same descriptor again.
        virtio_queue_add(&console->input, input_buffer(console, (uint32_t)index), INPUT_BUFFER_SIZE,
                         true);
        virtio_notify(&console->input);
    }
    spinlock_release(&console->lock);
    return index >= 0;
}

static void console_interrupt(void *context) {
    struct virtio_console *console = context;
    char text[INPUT_BUFFER_SIZE];
    uint32_t size;
    virtio_acknowledge(console->device);
    while (input_take(console, text, &size)) console->receive(text, size);
}

void virtio_console_enable_input(void (*receive)(const char *text, size_t size)) {
    struct virtio_console *console = &consoles[VIRTIO_CONSOLE_TERMINAL];
    if (!console->present) return;
    console->receive = receive;
    interrupt_register(console->device->irq, console_interrupt, console);
    spinlock_acquire(&console->lock);
    for (uint32_t i = 0; i < VIRTIO_QUEUE_SIZE; i++)
        virtio_queue_add(&console->input, input_buffer(console, i), INPUT_BUFFER_SIZE, true);
    virtio_notify(&console->input);
    spinlock_release(&console->lock);
}

// ---- Output ------------------------------------------------------------------------------------

// True once the device has done with what was last written, or will never do anything again.
static bool output_is_idle(struct virtio_console *console) {
    uint32_t written;
    virtio_queue_take(&console->output, &written);
    return console->output.in_flight == 0 || console->output.broken;
}

static size_t output_send(struct virtio_console *console, const char *text, size_t size) {
    if (!output_is_idle(console)) return 0;
    if (console->output.broken) return size;
    if (size > PAGE_SIZE) size = PAGE_SIZE;
    memcpy(console->output_page, text, size);
    virtio_queue_add(&console->output, console->output_page, (uint32_t)size, false);
    virtio_notify(&console->output);
    return size;
}

size_t virtio_console_try_write(uint32_t which, const char *text, size_t size) {
    struct virtio_console *console = &consoles[which];
    if (!console->present || size == 0) return size;
    if (panic_in_progress()) // the lock's holder may have been stopped
        return output_send(console, text, size);
    spinlock_acquire(&console->lock);
    size_t written = output_send(console, text, size);
    spinlock_release(&console->lock);
    return written;
}

static bool output_poll(struct virtio_console *console) {
    if (panic_in_progress()) return output_is_idle(console);
    spinlock_acquire(&console->lock);
    bool idle = output_is_idle(console);
    spinlock_release(&console->lock);
    return idle;
}

bool virtio_console_flush(uint32_t which) {
    uint64_t deadline = arch_clock_now() + FLUSH_PATIENCE;
    if (!consoles[which].present) return true;
    while (!output_poll(&consoles[which])) {
        if (arch_clock_now() > deadline) return false;
        arch_cpu_relax();
    }
    return true;
}
