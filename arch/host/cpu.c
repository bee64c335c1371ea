// SPDX-License-Identifier: MIT
// CPUs of the host machine: who plays them, interrupts, the virtual clock, idling. The machine lock
// guards who waits; clock and pending bits are atomic; the rest belongs to the CPU's player.

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define PLAYER_STACK (512 * 1024)
#define SPIN_TIME    1000 // nanoseconds that a look at a taken lock takes

static struct host_cpu host_cpus[MAX_CPUS];
static __thread struct host_cpu *played;
static pthread_mutex_t machine_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t machine_changed = PTHREAD_COND_INITIALIZER;
static uint32_t online_count;           // under the machine lock
static uint32_t waiting_count;          // the same
static bool stopped;                    // the same
static uint64_t now = 1000000000;       // atomic
static uint64_t next_wake = UINT64_MAX; // atomic: the earliest deadline of a waiting CPU

struct host_cpu *host_cpu(void) {
    return played;
}

struct host_cpu *host_cpu_at(uint32_t index) {
    return &host_cpus[index];
}

void host_cpu_play(struct host_cpu *cpu) { played = cpu; }

void host_cpu_attach(uint32_t index, struct thread_header *header) {
    struct host_cpu *cpu = &host_cpus[index];
    cpu->index = index;
    cpu->deadline = UINT64_MAX;
    cpu->current = header;
    played = cpu;
    arch_tlb_flush_all();
}

struct thread_header *arch_current(void) {
    return played->current;
}

void arch_set_current(struct thread_header *header) { played->current = header; }

// ---- Interrupts --------------------------------------------------------------------------------

enum host_interrupt host_interrupt_take(void) {
    struct host_cpu *cpu = played;
    if (cpu->deadline <= arch_clock_now()) {
        cpu->deadline = UINT64_MAX;
        return HOST_TIMER;
    }
    if (__atomic_exchange_n(&cpu->ipi_pending, 0, __ATOMIC_ACQ_REL)) return HOST_IPI;
    if (__atomic_exchange_n(&cpu->irq_pending, 0, __ATOMIC_ACQ_REL)) return HOST_DEVICE;
    return HOST_NO_INTERRUPT;
}

void host_interrupt_call(enum host_interrupt interrupt, struct trap_frame *frame) {
    switch (interrupt) {
    case HOST_TIMER: trap_timer(frame); break;
    case HOST_IPI: trap_ipi(frame); break;
    default: trap_device(frame, HOST_UART_IRQ);
    }
}

void arch_interrupts_on(void) {
    struct trap_frame frame = {.is_user = false};
    played->interrupts_on = true;
    for (;;) {
        enum host_interrupt interrupt = host_interrupt_take();
        if (interrupt == HOST_NO_INTERRUPT) return;
        played->interrupts_on = false;
        host_interrupt_call(interrupt, &frame);
        played->interrupts_on = true; // of the CPU that this thread runs on by now
    }
}

void arch_interrupts_off(void) { played->interrupts_on = false; }

bool arch_interrupts_save(void) {
    bool were_on = played->interrupts_on;
    played->interrupts_on = false;
    return were_on;
}

static void wake_waiting(void) {
    pthread_mutex_lock(&machine_lock);
    pthread_cond_broadcast(&machine_changed);
    pthread_mutex_unlock(&machine_lock);
}

void arch_ipi_send(uint32_t index) {
    __atomic_store_n(&host_cpus[index].ipi_pending, 1, __ATOMIC_RELEASE);
    wake_waiting();
}

void arch_irq_enable(uint32_t irq, uint32_t index) {
    (void)irq;
    (void)index;
}

uint32_t arch_irq_from_cells(const uint32_t *cells, uint32_t cell_count, uint32_t parent) {
    (void)parent;
    return cell_count > 0 ? cells[0] : 0;
}

void host_irq_raise(void) {
    __atomic_store_n(&host_cpus[0].irq_pending, 1, __ATOMIC_RELEASE);
    wake_waiting();
}

// ---- Clock -------------------------------------------------------------------------------------

uint64_t arch_clock_now(void) { return __atomic_load_n(&now, __ATOMIC_RELAXED); }

uint64_t arch_wall_clock(void) { return 0; }

void arch_timer_set(uint64_t deadline) { played->deadline = deadline; }

void host_clock_advance(uint64_t nanoseconds) {
    uint64_t after = __atomic_add_fetch(&now, nanoseconds, __ATOMIC_RELAXED);
    if (after >= __atomic_load_n(&next_wake, __ATOMIC_RELAXED)) wake_waiting();
}

void arch_cpu_relax(void) {
    host_clock_advance(SPIN_TIME);
    sched_yield();
}

static bool is_pending(const struct host_cpu *cpu) {
    return cpu->deadline <= arch_clock_now() ||
           __atomic_load_n(&cpu->ipi_pending, __ATOMIC_ACQUIRE) ||
           __atomic_load_n(&cpu->irq_pending, __ATOMIC_ACQUIRE);
}

// The machine lock is held. Everybody waits: time jumps to the next deadline.
static void jump_if_all_wait(void) {
    uint64_t earliest = UINT64_MAX;
    if (waiting_count < online_count || stopped) return;
    for (uint32_t i = 0; i < MAX_CPUS; i++) {
        if (!host_cpus[i].waiting) continue;
        if (is_pending(&host_cpus[i])) return;
        if (host_cpus[i].deadline < earliest) earliest = host_cpus[i].deadline;
    }
    if (earliest == UINT64_MAX)
        host_give_up("all CPUs wait, no timer is set, and nothing else can happen");
    __atomic_store_n(&now, earliest, __ATOMIC_RELAXED);
    pthread_cond_broadcast(&machine_changed);
}

static void publish_next_wake(void) {
    uint64_t earliest = UINT64_MAX;
    for (uint32_t i = 0; i < MAX_CPUS; i++)
        if (host_cpus[i].waiting && host_cpus[i].deadline < earliest)
            earliest = host_cpus[i].deadline;
    __atomic_store_n(&next_wake, earliest, __ATOMIC_RELAXED);
}

void arch_cpu_wait(void) {
    struct host_cpu *cpu = played;
    pthread_mutex_lock(&machine_lock);
    cpu->waiting = true;
    waiting_count++;
    publish_next_wake();
    jump_if_all_wait();
    while (stopped || !is_pending(cpu)) pthread_cond_wait(&machine_changed, &machine_lock);
    cpu->waiting = false;
    waiting_count--;
    publish_next_wake();
    pthread_mutex_unlock(&machine_lock);
    arch_interrupts_on();
}

void host_cpus_online(uint32_t count) {
    pthread_mutex_lock(&machine_lock);
    online_count = count;
    jump_if_all_wait();
    pthread_mutex_unlock(&machine_lock);
}

void host_machine_stop(void) {
    pthread_mutex_lock(&machine_lock);
    stopped = true;
    pthread_mutex_unlock(&machine_lock);
}

// ---- Start-up ----------------------------------------------------------------------------------

struct start {
    uint32_t index;
    struct thread_header *header;
    uint64_t page_table;
};

static void *play_secondary(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    host_cpu_attach(start.index, start.header);
    arch_page_table_activate(start.page_table);
    kernel_main_secondary();
}

bool arch_cpu_start(uint32_t index, struct thread_header *header, void *stack_top,
                    uint64_t page_table) {
    pthread_t thread;
    pthread_attr_t attributes;
    struct start *start = malloc(sizeof(*start));
    (void)stack_top;
    *start = (struct start){index, header, page_table};
    host_cpus_online(index + 1);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, PLAYER_STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    return pthread_create(&thread, &attributes, play_secondary, start) == 0;
}

void arch_cpu_init(uint32_t index) { (void)index; }

void arch_stop_others(void) {
    // The process is about to end as a whole.
}
