// SPDX-License-Identifier: MIT
// Measures what operations cost: the time of many, less the time of an empty loop, divided by their
// number. Under the deterministic instruction counter a nanosecond is a guest instruction.
#include <capability.h>
#include <err.h>
#include <fcntl.h>
#include <ipc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <syscalls.h>
#include <thread.h>
#include <unistd.h>

static int64_t now(void) { return sys_clock(); }

static void report(const char *name, int64_t total, int64_t count) {
    printf("bench %s = %ld\n", name, (long)((total + count / 2) / count));
}

static int64_t need(int64_t result, const char *what) {
    if (result < 0) errx(1, "%s: error %ld", what, (long)-result);
    return result;
}

static int64_t slot, other; // of the operation that is measured
static char page[4096];
static int to_child[2], from_child[2];

static void nothing(void) { __asm__ volatile(""); }

static int64_t time_of(void (*operation)(void), int64_t count) {
    int64_t start = now();
    for (int64_t i = 0; i < count; i++) operation();
    return now() - start;
}

// ---- Operations that can be repeated -----------------------------------------------------------

static void null_call(void) { sys_getpid(); }
static void refused_argument(void) { sys_timer_settime(slot, -1, 0, 0); }
static void refused_without_gate(void) { sys_events_control(2); }
static void get_token(void) { sys_cap_get_token(slot, CAP_TYPE_TIMER); }
static void dup_and_close(void) { sys_close(sys_dup(slot)); }

static void send_and_receive(void) {
    sys_queue_send(slot, page, 8, 0, 0);
    sys_queue_receive(slot, page, 8, NULL, 0);
}

static void lock_and_unlock(void) {
    sys_mutex_lock(slot, TIMEOUT_FOREVER);
    sys_mutex_unlock(slot);
}

static void post_and_wait(void) {
    sys_semaphore_post(slot);
    sys_semaphore_wait(slot, TIMEOUT_FOREVER);
}

static void close_bad(void) { sys_close(-1); }

static void pipe_byte(void) {
    sys_write(to_child[1], page, 1);
    sys_read(to_child[0], page, 1);
}

static void pipe_half_kib(void) {
    sys_write(to_child[1], page, 512);
    sys_read(to_child[0], page, 512);
}

static void open_and_close(void) { sys_close(sys_open("/dev/null", O_RDONLY)); }
static void read_byte(void) { sys_read(slot, page, 1); }

static void read_page(void) {
    sys_lseek(slot, 0, SEEK_SET);
    sys_read(slot, page, sizeof(page));
}

static void read_half_kib(void) {
    sys_lseek(slot, 0, SEEK_SET);
    sys_read(slot, page, 512);
}

static void write_page(void) {
    sys_lseek(slot, 0, SEEK_SET);
    sys_write(slot, page, sizeof(page));
}

static void seek(void) { sys_lseek(slot, 0, SEEK_SET); }

static void look_at(void) {
    struct stat status;
    sys_fstat(slot, &status);
}

static void exec_missing(void) {
    static char *const arguments[] = {"missing", NULL};
    sys_exec("/bin/missing", arguments, NULL);
}

static void create(void) { slot = sys_open("/bench.new", O_WRONLY | O_CREAT | O_EXCL); }
static void write_first_page(void) { sys_write(slot, page, sizeof(page)); }
static void remove_created(void) { sys_unlink("/bench.new"); }

// Each step of a file's life, which has to be lived in order.
static void measure_life_of_file(int count) {
    int64_t created = 0, written = 0, removed = 0, nothing_at_all = time_of(nothing, 1);
    for (int i = 0; i < count; i++) {
        created += time_of(create, 1) - nothing_at_all;
        written += time_of(write_first_page, 1) - nothing_at_all;
        sys_close(slot);
        removed += time_of(remove_created, 1) - nothing_at_all;
    }
    report("create a file", created, count);
    report("write 4 KiB to it", written, count);
    report("unlink it", removed, count);
}

static void ping_pong(void) {
    sys_write(to_child[1], page, 1);
    sys_read(from_child[0], page, 1);
}

static void fork_and_wait(void) {
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    sys_wait(pid, NULL, 0);
}

static void fork_exec_and_wait(void) {
    static char *const arguments[] = {"true", NULL};
    pid_t pid = fork();
    if (pid == 0) _exit((int)sys_exec("/bin/true", arguments, NULL) & 1);
    sys_wait(pid, NULL, 0);
}

static char *fresh;
static void touch_page(void) {
    *(volatile char *)fresh = 1;
    fresh += sizeof(page);
}

static uint64_t end_at_once(void *argument) { return (uint64_t)argument; }

static void create_and_join(void) { thread_join(thread_create(end_at_once, NULL), NULL); }

static int64_t cost_of(void (*operation)(void), int64_t count) {
    time_of(operation, count / 10 + 1); // caches of the kernel's allocators
    return time_of(operation, count) - time_of(nothing, count);
}

static void measure(const char *name, void (*operation)(void), int64_t count) {
    report(name, cost_of(operation, count), count);
}

// ---- Delegation --------------------------------------------------------------------------------

// The other process dups the capability that is in slot `order` until it has so many, or with 0
// copies bytes back and forth.
static void serve(void) {
    int32_t order[2];
    while (sys_read(to_child[0], order, sizeof(order)) == sizeof(order)) {
        for (int i = 1; i < order[1]; i++) need(sys_dup(order[0]), "dup");
        sys_write(from_child[1], order, 1);
    }
    _exit(0);
}

static void echo_bytes(void) {
    char byte;
    while (sys_read(to_child[0], &byte, 1) == 1) sys_write(from_child[1], &byte, 1);
    _exit(0);
}

static pid_t start_child(void (*body)(void)) {
    if (pipe(to_child) < 0 || pipe(from_child) < 0) err(1, "pipe");
    pid_t pid = fork();
    if (pid < 0) err(1, "fork");
    if (pid == 0) {
        close(to_child[1]);
        close(from_child[0]);
        body();
    }
    close(to_child[0]);
    close(from_child[1]);
    return pid;
}

static void end_child(pid_t pid) {
    close(to_child[1]);
    close(from_child[0]);
    waitpid(pid, NULL, 0);
}

#define TRANSFERS 16

static void measure_transfer(pid_t pid) {
    cap_token token = need(sys_cap_get_token(slot, CAP_TYPE_TIMER), "token");
    cap_token delegates[TRANSFERS];
    int32_t where;
    int64_t transfers = 0, revokes = 0;
    for (int round = 0; round < 10; round++) {
        int64_t start = now();
        for (int i = 0; i < TRANSFERS; i++)
            delegates[i] = sys_cap_transfer(token, pid, CAP_READ, &where);
        int64_t middle = now();
        for (int i = 0; i < TRANSFERS; i++) sys_cap_revoke_delegate(need(delegates[i], "transfer"));
        transfers += middle - start;
        revokes += now() - middle;
    }
    report("transfer", transfers, 10 * TRANSFERS);
    report("revoke 1 copy", revokes, 10 * TRANSFERS);
}

static void measure_revoke_of_copies(pid_t pid, int32_t copies) {
    cap_token token = need(sys_cap_get_token(slot, CAP_TYPE_TIMER), "token");
    int32_t order[2] = {0, copies};
    cap_token delegate = need(sys_cap_transfer(token, pid, CAP_READ, &order[0]), "transfer");
    sys_write(to_child[1], order, sizeof(order));
    sys_read(from_child[0], order, 1);
    sys_yield(); // until it waits again
    int64_t start = now();
    need(sys_cap_revoke_delegate(delegate), "revoke");
    char name[24];
    snprintf(name, sizeof(name), "revoke %d copies", (int)copies);
    report(name, now() - start, 1);
}

static void measure_delegation(void) {
    slot = need(sys_timer_create(), "timer");
    pid_t pid = start_child(serve);
    measure_transfer(pid);
    measure_revoke_of_copies(pid, 8);
    measure_revoke_of_copies(pid, 64);
    end_child(pid);
}

// ---- All ---------------------------------------------------------------------------------------

static void measure_objects(void) {
    slot = need(sys_timer_create(), "timer");
    report("null call", cost_of(null_call, 1000), 1000);
    // What a refused call on a capability costs more than one that has none.
    report("gate", cost_of(refused_argument, 1000) - cost_of(refused_without_gate, 1000), 1000);
    measure("get_token", get_token, 1000);
    measure("dup + close", dup_and_close, 1000);
    measure("close of a bad descriptor", close_bad, 1000);
    slot = need(sys_queue_create(4, 8), "queue");
    measure("queue send + receive", send_and_receive, 1000);
    slot = need(sys_mutex_create(), "mutex");
    measure("mutex lock + unlock", lock_and_unlock, 1000);
    slot = need(sys_semaphore_create(0, 1), "semaphore");
    measure("semaphore post + wait", post_and_wait, 1000);
}

static void measure_files(void) {
    measure("open + close", open_and_close, 300);
    slot = need(sys_open("/dev/zero", O_RDONLY), "/dev/zero");
    measure("read 1 byte", read_byte, 1000);
    other = need(sys_open("/bench.data", O_RDWR | O_CREAT), "/bench.data");
    need(sys_write(other, page, sizeof(page)), "write");
    slot = other;
    int64_t seeks = cost_of(seek, 300);
    measure("fstat", look_at, 300);
    report("read 512 bytes", cost_of(read_half_kib, 300) - seeks, 300);
    report("read 4096 bytes", cost_of(read_page, 300) - seeks, 300);
    report("write 4096 bytes over", cost_of(write_page, 300) - seeks, 300);
    unlink("/bench.data");
    measure_life_of_file(50);
    measure("exec of a missing name", exec_missing, 100);
}

#define MORE_PAGES 64
#define TOUCHED    1000

// Before there is much else to copy.
static void measure_processes(void) {
    measure("fork + exit + wait", fork_and_wait, 100);
    measure("fork + exec + exit + wait", fork_exec_and_wait, 100);
    fresh = sbrk(MORE_PAGES * sizeof(page));
    for (size_t i = 0; i < MORE_PAGES; i++) touch_page();
    measure("fork ... with 64 pages more", fork_and_wait, 100);
    sbrk(-MORE_PAGES * (intptr_t)sizeof(page));
    fresh = sbrk(TOUCHED * sizeof(page));
    measure("first touch of a page", touch_page, TOUCHED / 2);
    sbrk(-TOUCHED * (intptr_t)sizeof(page));
}

int main(void) {
    measure_processes();
    measure_objects();
    measure_delegation();
    measure_files();
    if (pipe(to_child) < 0) err(1, "pipe");
    measure("pipe: write 1 + read 1", pipe_byte, 300);
    measure("pipe: write 512 + read 512", pipe_half_kib, 300);
    pid_t pid = start_child(echo_bytes);
    measure("pipe ping-pong", ping_pong, 300);
    end_child(pid);
    measure("thread create + join", create_and_join, 100);
    return 0;
}
