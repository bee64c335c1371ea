// SPDX-License-Identifier: MIT
// Virtqueues against a device made of plain memory: its registers keep what is written to them, and
// the test plays the device's part of the rings, well and badly.
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "dev/virtio.h"
#include "kernel.h"

// Registers by their index as words.
#define DEVICE_FEATURES 4
#define QUEUE_MAX       13
#define QUEUE_SIZE      14
#define QUEUE_READY     17
#define STATUS          28
#define DESCRIPTORS     32
#define AVAILABLE       36
#define USED            40

static uint32_t registers[64];
static struct virtio_device device;
static struct virtio_queue queue;
static uint16_t available_seen; // by the device

static uint64_t descriptors, used; // addresses as the device was told
static const uint16_t *available;  // flags, index, ring

static void *address_in(int index) {
    return physical_to_direct(registers[index] | (uint64_t)registers[index + 1] << 32);
}

static void device_reset(void) {
    memset(registers, 0, sizeof(registers));
    registers[DEVICE_FEATURES] = 1; // read twice: bits 0 and 32, the latter being VERSION_1
    registers[QUEUE_MAX] = 1024;
    device = (struct virtio_device){
        .transport = &virtio_mmio_transport, .registers = (uint64_t)registers, .id = 3};
    available_seen = 0;
}

static void start_device(void) {
    device_reset();
    ck_assert(virtio_begin(&device, 0, 0));
    ck_assert(virtio_queue_init(&queue, &device, 0));
    virtio_ready(&device);
    descriptors = (uint64_t)address_in(DESCRIPTORS);
    available = address_in(AVAILABLE);
    used = (uint64_t)address_in(USED);
}

static void teardown(void) {
    page_put(address_in(DESCRIPTORS)); // the queue's one page begins with them
}

// The device takes the next buffer it was offered: its descriptor, or -1.
static int device_take(void) {
    if (available_seen == available[1]) return -1;
    return available[2 + available_seen++ % VIRTIO_QUEUE_SIZE];
}

static void *descriptor_buffer(int descriptor) {
    uint64_t physical;
    memcpy(&physical, (void *)(descriptors + 16 * (uint64_t)descriptor), 8);
    return physical_to_direct(physical);
}

static uint32_t descriptor_size(int descriptor) {
    return *(uint32_t *)(descriptors + 16 * (uint64_t)descriptor + 8);
}

// The device says that it has done with a buffer.
static void device_finish(uint32_t descriptor, uint32_t written) {
    uint16_t *index = (uint16_t *)(used + 2);
    uint32_t *entry = (uint32_t *)(used + 4 + 8 * (uint64_t)(*index % VIRTIO_QUEUE_SIZE));
    entry[0] = descriptor;
    entry[1] = written;
    ++*index;
}

START_TEST(test_negotiation) {
    device_reset();
    ck_assert(virtio_begin(&device, 1, 0));  // offered
    ck_assert(!virtio_begin(&device, 2, 0)); // not offered
    ck_assert_uint_eq(registers[STATUS], 128);
    registers[DEVICE_FEATURES] = 0; // a legacy device behind new registers
    ck_assert(!virtio_begin(&device, 0, 0));
}
END_TEST

START_TEST(test_queue_init) {
    device_reset();
    registers[QUEUE_READY] = 1;
    ck_assert(!virtio_queue_init(&queue, &device, 0));
    registers[QUEUE_READY] = 0;
    registers[QUEUE_MAX] = VIRTIO_QUEUE_SIZE - 1;
    ck_assert(!virtio_queue_init(&queue, &device, 0));
    start_device();
    ck_assert_uint_eq(registers[QUEUE_SIZE], VIRTIO_QUEUE_SIZE);
    ck_assert_uint_eq(registers[QUEUE_READY], 1);
    ck_assert_uint_eq(descriptors % 16, 0);
    ck_assert_uint_eq((uint64_t)available % 2, 0);
    ck_assert_uint_eq(used % 4, 0);
    teardown();
}
END_TEST

START_TEST(test_buffers_travel) {
    char text[16];
    uint32_t written;
    start_device();
    ck_assert_int_eq(virtio_queue_take(&queue, &written), -1);
    int sent = virtio_queue_add(&queue, text, sizeof(text), true);
    ck_assert_int_eq(sent, 0);
    ck_assert_int_eq(device_take(), sent);
    ck_assert_ptr_eq(descriptor_buffer(sent), text);
    ck_assert_uint_eq(descriptor_size(sent), sizeof(text));
    ck_assert_int_eq(virtio_queue_take(&queue, &written), -1);
    device_finish((uint32_t)sent, 5);
    ck_assert_int_eq(virtio_queue_take(&queue, &written), sent);
    ck_assert_uint_eq(written, 5);
    ck_assert_int_eq(virtio_queue_take(&queue, &written), -1);
    teardown();
}
END_TEST

START_TEST(test_full_queue) {
    char text[1];
    uint32_t written;
    start_device();
    for (int i = 0; i < VIRTIO_QUEUE_SIZE; i++)
        ck_assert_int_eq(virtio_queue_add(&queue, text, 1, false), i);
    ck_assert_int_eq(virtio_queue_add(&queue, text, 1, false), -1);
    device_finish(7, 0);
    ck_assert_int_eq(virtio_queue_take(&queue, &written), 7);
    ck_assert_int_eq(virtio_queue_add(&queue, text, 1, false), 7);
    ck_assert_int_eq(virtio_queue_add(&queue, text, 1, false), -1);
    teardown();
}
END_TEST

// Adds, and completions out of order, until the 16-bit indices have wrapped twice.
START_TEST(test_random_traffic) {
    static char buffers[VIRTIO_QUEUE_SIZE][64];
    int held[VIRTIO_QUEUE_SIZE], held_count = 0, in_flight = 0, total = 0;
    uint32_t written;
    start_device();
    srand(1);
    while (total < 150000) {
        if (rand() % 2 == 0) {
            uint32_t size = (uint32_t)rand() % 64;
            int descriptor = virtio_queue_add(&queue, buffers[0], size, true);
            if ((descriptor < 0) != (in_flight == VIRTIO_QUEUE_SIZE))
                ck_abort_msg("queue is full at the wrong time");
            in_flight += descriptor >= 0;
            total++;
        }
        if (held_count < VIRTIO_QUEUE_SIZE && (held[held_count] = device_take()) >= 0) held_count++;
        if (held_count > 0 && rand() % 2 == 0) {
            int pick = rand() % held_count, descriptor = held[pick];
            held[pick] = held[--held_count];
            uint32_t size = descriptor_size(descriptor);
            device_finish((uint32_t)descriptor, size);
            if (virtio_queue_take(&queue, &written) != descriptor || written != size)
                ck_abort_msg("not the buffer that came back");
            in_flight--;
        }
    }
    ck_assert(!queue.broken);
    teardown();
}
END_TEST

// What a device may do wrong, with two writable buffers of 16 bytes and a readable one in flight.
static void wrong_descriptor(void) { device_finish(VIRTIO_QUEUE_SIZE, 0); }

static void huge_descriptor(void) { device_finish(0xffffffff, 0); }

static void descriptor_not_in_flight(void) { device_finish(3, 0); }

static void too_much_written(void) { device_finish(0, 17); }

static void wrote_to_readable(void) { device_finish(2, 1); }

static void index_jumps(void) { *(uint16_t *)(used + 2) = VIRTIO_QUEUE_SIZE + 1; }

static void finished_twice(void) {
    uint32_t written;
    device_finish(1, 16);
    device_finish(1, 16);
    ck_assert_int_eq(virtio_queue_take(&queue, &written), 1);
}

START_TEST(test_bad_devices) {
    static void (*const wrongs[])(void) = {
        wrong_descriptor, huge_descriptor,   descriptor_not_in_flight,
        too_much_written, wrote_to_readable, index_jumps,
        finished_twice};
    char text[16];
    uint32_t written = 0;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        start_device();
        virtio_queue_add(&queue, text, sizeof(text), true);
        virtio_queue_add(&queue, text, sizeof(text), true);
        virtio_queue_add(&queue, text, sizeof(text), false);
        wrongs[i]();
        ck_assert_int_eq(virtio_queue_take(&queue, &written), -1);
        ck_assert(queue.broken);
        device_finish(0, 0); // too late
        ck_assert_int_eq(virtio_queue_take(&queue, &written), -1);
        ck_assert_int_eq(virtio_queue_add(&queue, text, sizeof(text), true), -1);
        teardown();
    }
}
END_TEST

Suite *virtio_queue_suite(void) {
    Suite *suite = suite_create("virtio_queue");
    TCase *tests = tcase_create("virtio_queue");
    tcase_add_checked_fixture(tests, kernel_setup, NULL);
    tcase_add_test(tests, test_negotiation);
    tcase_add_test(tests, test_queue_init);
    tcase_add_test(tests, test_buffers_travel);
    tcase_add_test(tests, test_full_queue);
    tcase_add_test(tests, test_random_traffic);
    tcase_add_test(tests, test_bad_devices);
    suite_add_tcase(suite, tests);
    return suite;
}
