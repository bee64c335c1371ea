// SPDX-License-Identifier: MIT
// Kernels for the host's tests, booted as far as a test needs.

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "cap/account.h"
#include "cap/grant.h"
#include "fs/file.h"
#include "fs/pipe.h"
#include "ipc/ipc.h"
#include "lib/print.h"
#include "mem/address_space.h"
#include "mem/kernel_map.h"
#include "proc/process.h"
#include "programs.h"
#include "sys/gate.h"

static struct boot_info info;

TCase *add_tests(Suite *suite, const char *name, SFun setup, SFun teardown,
                 const TTest *const *tests) {
    TCase *made = tcase_create(name);
    tcase_add_checked_fixture(made, setup, teardown);
    for (; *tests; tests++) tcase_add_test(made, *tests);
    suite_add_tcase(suite, made);
    return made;
}

// ---- One CPU, no scheduling --------------------------------------------------------------------

static void init_kernel(uint32_t pages, uint32_t cpus) {
    host_machine_init(&info, pages, cpus, NULL, 0);
    host_cpu_attach(0, NULL);
    log_set_sink(host_log_write);
    sched_init_boot_cpu();
    page_init(&info);
    kernel_map_init(&info);
    address_space_init();
    account_init();
    grant_init();
    file_init();
    pipe_init();
    ipc_init();
    arch_cpu_init(0);
    clock_init();
    process_init(gate_all_calls());
}

void kernel_setup_pages(uint32_t pages) {
    init_kernel(pages, 1);
    interrupts_restore(); // as the scheduler's idle loop would
}

void kernel_setup(void) { kernel_setup_pages(HOST_PAGES_DEFAULT); }

// ---- Several CPUs, no scheduling ---------------------------------------------------------------

struct player {
    uint32_t index;
    void (*body)(uint32_t index);
    pthread_t thread;
};

static void *play(void *argument) {
    const struct player *player = argument;
    host_cpu_attach(player->index, &sched_idle_thread(player->index)->header);
    interrupts_restore();
    player->body(player->index);
    return NULL;
}

void kernel_run_on_cpus(uint32_t cpus, void (*body)(uint32_t index)) {
    struct player players[MAX_CPUS];
    cpu_count = cpus;
    for (uint32_t i = 1; i < cpus; i++) {
        players[i] = (struct player){.index = i, .body = body};
        ck_assert_int_eq(pthread_create(&players[i].thread, NULL, play, &players[i]), 0);
    }
    body(0);
    for (uint32_t i = 1; i < cpus; i++) pthread_join(players[i].thread, NULL);
}

// ---- With the scheduler ------------------------------------------------------------------------

struct run {
    uint32_t cpus;
    void (*body)(void *context);
    void *context;
    struct thread thread;
};

static void run_body(void *argument) {
    const struct run *run = argument;
    run->body(run->context);
    host_machine_end(false);
}

static void *boot_and_run(void *argument) {
    struct run *run = argument;
    init_kernel(HOST_PAGES_DEFAULT, run->cpus);
    for (uint32_t i = 1; i < run->cpus; i++) {
        require(arch_cpu_start(i, &sched_idle_thread(i)->header, kernel_stack_alloc(),
                               kernel_map_page_table()));
        while (!__atomic_load_n(&cpus[i].online, __ATOMIC_ACQUIRE)) arch_cpu_relax();
        __atomic_store_n(&cpu_count, i + 1, __ATOMIC_RELAXED);
    }
    require(thread_init(&run->thread, "test", run_body, run, PRIORITY_DEFAULT) == 0);
    thread_start(&run->thread);
    sched_idle();
}

void kernel_run(uint32_t cpus, void (*body)(void *context), void *context) {
    static struct run run; // outlives this call, as the machine does
    pthread_t thread;
    run = (struct run){.cpus = cpus, .body = body, .context = context};
    host_end_init();
    ck_assert_int_eq(pthread_create(&thread, NULL, boot_and_run, &run), 0);
    ck_assert(!host_wait_for_end());
}

static void free_thread(struct thread *thread) {
    thread_destroy(thread);
    free(thread);
}

struct thread *kernel_thread(const char *name, uint8_t priority, void (*body)(void *context),
                             void *context) {
    struct thread *thread = calloc(1, sizeof(*thread));
    require(thread_init(thread, name, body, context, priority) == 0);
    thread->on_dead = free_thread;
    thread_start(thread);
    return thread;
}

// ---- The whole kernel --------------------------------------------------------------------------

static void *boot(void *argument) {
    (void)argument;
    host_cpu_attach(0, NULL);
    kernel_main(&info);
}

int kernel_boot(uint32_t cpus, const struct test_program *programs, size_t count) {
    const void *archive;
    pthread_t thread;
    int status = -1;
    size_t size = programs_archive(programs, count, &archive);
    host_machine_init(&info, HOST_PAGES_DEFAULT, cpus, archive, size);
    host_end_init();
    ck_assert_int_eq(pthread_create(&thread, NULL, boot, NULL), 0);
    ck_assert(!host_wait_for_end());
    const char *line = strstr(host_log(), "power off, status ");
    if (!line || sscanf(line, "power off, status %d", &status) != 1)
        ck_abort_msg("the kernel's log: %s", host_log());
    return status;
}

// ---- Memory and numbers ------------------------------------------------------------------------

uint64_t pages_free(void) {
    struct page_statistics statistics;
    page_get_statistics(&statistics);
    return statistics.free;
}

static void *taken; // linked through their first words

void pages_take_all_but(uint32_t pages) {
    for (uint64_t left = pages_free(); left > pages; left--) {
        void **page = page_alloc();
        require(page != NULL);
        *page = taken;
        taken = page;
    }
}

void pages_give_back(void) {
    while (taken) {
        void *page = taken;
        taken = *(void **)page;
        page_put(page);
    }
}

static uint64_t random_state = 1;

void test_random_seed(uint64_t seed) { random_state = seed * 2 + 1; }

uint32_t test_random(uint32_t limit) {
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % limit);
}
