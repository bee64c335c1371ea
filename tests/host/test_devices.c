// SPDX-License-Identifier: MIT
// The devices behind /dev: the console's line discipline from UART to user memory, null, zero,
// random and power. Each test has a kernel with a scheduler and a user address space.
#include <check.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "cap/grant.h"
#include "dev/console.h"
#include "dev/null_devices.h"
#include "dev/power.h"
#include "fs/device.h"
#include "kernel.h"
#include "mem/address_space.h"
#include "mem/uaccess.h"
#include "sched/thread.h"

// Two pages of user memory, and behind them none.
#define USER_START UINT64_C(0x400000)
#define USER_END   (USER_START + 2 * PAGE_SIZE)
#define READ_MAX   256

static const struct cap_ref own = {0}; // a pin that no grant is behind
static struct address_space *space;
static int32_t killed_group;

static void note_kill(int32_t group) { killed_group = group; }

static void boot_devices(void) {
    null_devices_init();
    power_init();
    console_init(note_kill);
    space = address_space_create(NULL);
    require(address_space_add_region(space, USER_START, USER_END, PTE_READ | PTE_WRITE) == 0);
    address_space_activate(space);
}

static void in_kernel(void *context) {
    boot_devices();
    ((void (*)(void))context)();
    address_space_activate(NULL);
}

static const struct device *find(const char *name) {
    for (uint32_t i = 0; device_at(i) != NULL; i++)
        if (strcmp(device_at(i)->name, name) == 0) return device_at(i);
    ck_abort_msg("there is no device %s", name);
}

// Reads into user memory; the result must be this text.
static void expect_read(const char *name, size_t size, const char *expected) {
    char text[READ_MAX + 1] = "";
    int64_t count = find(name)->read(&own, USER_START, size);
    require(count >= 0 && count <= READ_MAX);
    require(copy_from_user(text, USER_START, (size_t)count) == 0);
    if ((size_t)count != strlen(expected) || strcmp(text, expected) != 0)
        ck_abort_msg("read '%s', expected '%s'", text, expected);
}

static int64_t write_text(const char *name, const char *text) {
    require(copy_to_user(USER_START, text, strlen(text)) == 0);
    return find(name)->write(&own, USER_START, strlen(text));
}

static void control(int64_t request, int64_t argument, int64_t expected) {
    require(find("console")->control(&own, request, argument) == expected);
}

// ---- Console -----------------------------------------------------------------------------------

static void lines(void) {
    host_uart_type("hello\rwrold\x7f\x7f\x7f\x7forld\r");
    expect_read("console", READ_MAX, "hello\n");
    expect_read("console", 3, "wor");
    expect_read("console", READ_MAX, "ld\n");
    require(strstr(host_log(), "hello\n") != NULL);
}

static void end_of_file(void) {
    host_uart_type("\x04");
    expect_read("console", READ_MAX, "");
    host_uart_type("ab\x04");
    expect_read("console", READ_MAX, "ab");
    host_uart_type("x\r\x04y\r");
    expect_read("console", READ_MAX, "x\n");
    expect_read("console", READ_MAX, "");
    expect_read("console", READ_MAX, "y\n");
    require(find("console")->read(&own, USER_START, 0) == 0);
}

static void interrupt(void) {
    control(CONSOLE_SET_FOREGROUND, 7, 0);
    host_uart_type("lost\rlost\x03kept\r");
    expect_read("console", READ_MAX, "kept\n");
    require(killed_group == 7);
    require(strstr(host_log(), "^C\n") != NULL);
    control(CONSOLE_SET_FOREGROUND, 0, 0);
    killed_group = 0;
    host_uart_type("lost\x03\x03kept\r");
    // For the shell, to drop what it has read and prompt again.
    require(find("console")->read(&own, USER_START, READ_MAX) == -EINTR);
    expect_read("console", READ_MAX, "kept\n");
    require(killed_group == 0);
}

static void raw(void) {
    host_uart_type("half");
    control(CONSOLE_SET_MODE, CONSOLE_RAW, 0); // takes what was typed along
    expect_read("console", READ_MAX, "half");
    host_uart_type("a\r\x03\x04\x1b[A");
    expect_read("console", READ_MAX, "a\r\x03\x04\x1b[A");
    control(CONSOLE_SET_MODE, CONSOLE_LINES, 0);
    host_uart_type("a\r");
    expect_read("console", READ_MAX, "a\n");
    require(killed_group == 0);
}

// The interrupt comes when a lock has been given back.
static void type_now(const char *keys) {
    host_uart_type(keys);
    control(99, 0, -ENOTTY);
}

static void insert(const char *text) {
    for (; *text != '\0'; text++) control(CONSOLE_INSERT, (uint8_t)*text, 0);
}

static void completion(void) {
    type_now("a\tb\r");
    expect_read("console", READ_MAX, "a\tb\n"); // elsewhere it is a character like any other
    control(CONSOLE_INSERT, 'x', -EAGAIN);
    control(CONSOLE_SET_MODE, CONSOLE_COMPLETE, 0);
    type_now("ls fi x\x1b[D\x1b[D\t");
    expect_read("console", READ_MAX, "ls fi\t"); // up to the cursor
    insert("le");
    control(CONSOLE_INSERT, '\r', -EINVAL);
    control(CONSOLE_INSERT, 0x7f, -EINVAL);
    control(CONSOLE_INSERT, 0x100, -EINVAL);
    control(CONSOLE_INSERT, CONSOLE_REDRAW, 0);
    type_now("s");
    control(CONSOLE_INSERT, 'x', -EAGAIN); // the line is another one now
    control(CONSOLE_INSERT, CONSOLE_REDRAW, 0);
    type_now("\r");
    expect_read("console", READ_MAX, "ls files x\n");
    type_now("x\ty\r"); // this line may be for another program
    expect_read("console", READ_MAX, "x\ty\n");
    type_now("one\r");
    control(CONSOLE_SET_MODE, CONSOLE_COMPLETE, 0);
    type_now("two\t"); // whole lines come first
    expect_read("console", READ_MAX, "one\n");
    control(CONSOLE_INSERT, 'x', -EAGAIN);
    expect_read("console", 2, "tw");
    expect_read("console", READ_MAX, "o\t");
    type_now("\t\x03");
    require(find("console")->read(&own, USER_START, READ_MAX) == -EINTR);
    control(CONSOLE_SET_MODE, CONSOLE_COMPLETE, 0);
    type_now("ab\t");
    control(CONSOLE_SET_MODE, CONSOLE_LINES, 0); // nobody is there to complete it any more
    type_now("c\r");
    expect_read("console", READ_MAX, "abc\n");
}

static void console_errors(void) {
    const struct device *console = find("console");
    struct grant *grant = grant_create();
    struct cap_ref given = {.grant = grant};
    grant->revoked = 1;
    host_uart_type("kept\r");
    require(console->read(&given, USER_START, 10) == -EBADF);
    require(console->write(&given, USER_START, 10) == -EBADF);
    grant_put(grant);
    require(console->read(&own, 8, 10) == -EFAULT);
    require(console->read(&own, USER_END, 10) == -EFAULT);
    require(console->read(&own, USER_START, SIZE_MAX) == -EFAULT);
    require(console->write(&own, 8, 10) == -EFAULT);
    require(console->write(&own, USER_START, SIZE_MAX) == -EFAULT);
    expect_read("console", READ_MAX, "kept\n");
    control(77, 0, -ENOTTY);
    control(CONSOLE_SET_MODE, 3, -EINVAL);
    control(CONSOLE_SET_MODE, -1, -EINVAL);
    control(CONSOLE_SET_FOREGROUND, -1, -EINVAL);
    control(CONSOLE_SET_FOREGROUND, INT64_C(1) << 31, -EINVAL);
}

// A line that goes into two pages, of which the second is not mapped yet, or cannot be.
static void across_pages(void) {
    const struct device *console = find("console");
    uint64_t middle = USER_START + PAGE_SIZE - 3, end = USER_END - 3;
    char text[8] = "";
    host_uart_type("abcdef\r");
    require(console->read(&own, middle, 100) == 7);
    require(copy_from_user(text, middle, 7) == 0 && strcmp(text, "abcdef\n") == 0);
    host_uart_type("abcdef\r");
    require(console->read(&own, end, 100) == 3);
    expect_read("console", READ_MAX, "def\n");
}

static void output(void) {
    static char text[1000];
    memset(text, 'x', sizeof(text) - 1);
    require(write_text("console", "some words\n") == 11);
    require(strstr(host_log(), "some words\n") != NULL);
    require(write_text("console", text) == sizeof(text) - 1);
    require(strstr(host_log(), text) != NULL);
    require(find("console")->write(&own, USER_END - 300, 1000) == 256); // whole chunks
}

// Kills a reader that waits.
static struct {
    bool waiting, done; // atomic
    int64_t result;
} reader;

static void read_console(void *context) {
    (void)context;
    address_space_activate(space);
    __atomic_store_n(&reader.waiting, true, __ATOMIC_RELEASE);
    reader.result = find("console")->read(&own, USER_START, READ_MAX);
    address_space_activate(NULL);
    __atomic_store_n(&reader.done, true, __ATOMIC_RELEASE);
    thread_exit();
}

static void killed_reader(void) {
    struct thread *thread = kernel_thread("reader", PRIORITY_DEFAULT, read_console, NULL);
    thread_sleep_until(clock_now() + NANOSECONDS_PER_SECOND);
    require(reader.waiting && !reader.done);
    thread_kill(thread);
    while (!__atomic_load_n(&reader.done, __ATOMIC_ACQUIRE))
        thread_sleep_until(clock_now() + NANOSECONDS_PER_MILLISECOND);
    require(reader.result == -EINTR);
    host_uart_type("next\r");
    expect_read("console", READ_MAX, "next\n");
}

// ---- The others --------------------------------------------------------------------------------

static void null_and_zero(void) {
    char text[600];
    expect_read("null", READ_MAX, "");
    require(write_text("null", "abc") == 3);
    memset(text, 'x', sizeof(text));
    require(copy_to_user(USER_START, text, sizeof(text)) == 0);
    require(find("zero")->read(&own, USER_START, 599) == 599);
    require(copy_from_user(text, USER_START, sizeof(text)) == 0);
    for (int i = 0; i < 599; i++) require(text[i] == 0);
    require(text[599] == 'x');
    require(write_text("zero", "abc") == 3);
    require(find("zero")->read(&own, 8, 10) == -EFAULT);
    require(find("zero")->read(&own, USER_END - 512, 1000) == 512);
}

static void random_bytes(void) {
    char first[1000], second[1000];
    int ones = 0;
    require(find("random")->read(&own, USER_START, 1000) == 1000);
    require(copy_from_user(first, USER_START, 1000) == 0);
    require(find("random")->read(&own, USER_START, 1000) == 1000);
    require(copy_from_user(second, USER_START, 1000) == 0);
    require(memcmp(first, second, 1000) != 0);
    require(memcmp(first, first + 64, 64) != 0);
    for (int i = 0; i < 1000; i++)
        ones += __builtin_popcount((uint8_t)first[i]) + __builtin_popcount((uint8_t)second[i]);
    require(ones > 7500 && ones < 8500);
    require(find("random")->read(&own, 8, 10) == -EFAULT);
    require(find("random")->write == NULL);
}

static void power_refusals(void) {
    static const char *const words[] = {
        "", "\n", "x", "256", "-1", "1 ", "1a", "1\n\n", "99999999999999999999", " 1"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        require(write_text("power", words[i]) == -EINVAL);
    require(find("power")->write(&own, 8, 2) == -EFAULT);
    require(find("power")->write(&own, USER_START, SIZE_MAX) == -EINVAL);
    require(find("power")->read == NULL);
    write_text("power", "42\n"); // ends the machine
    ck_abort_msg("the power is still on");
}

START_TEST(one_device) {
    static void (*const bodies[])(void) = {
        lines,        end_of_file, interrupt,     raw,           completion,   console_errors,
        across_pages, output,      killed_reader, null_and_zero, random_bytes, power_refusals};
    kernel_run(1, in_kernel, (void *)bodies[_i]);
    if (bodies[_i] == power_refusals)
        ck_assert_ptr_nonnull(strstr(host_log(), "power off, status 42\n"));
}
END_TEST

Suite *devices_suite(void) {
    Suite *suite = suite_create("devices");
    TCase *tests = tcase_create("devices");
    tcase_set_tags(tests, "threads");
    tcase_add_loop_test(tests, one_device, 0, 12);
    suite_add_tcase(suite, tests);
    return suite;
}
