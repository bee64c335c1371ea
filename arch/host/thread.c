// SPDX-License-Identifier: MIT
// Contexts of the host machine: each kernel thread is a POSIX thread that sleeps until a context
// switch hands it a CPU. A handover orders everything before it before everything after it.

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "host.h"
#include "mem/kernel_map.h"

#define PLAYER_STACK (512 * 1024)

struct host_thread {
    sem_t turn;
    struct host_cpu *cpu; // handed over with the turn
    void (*entry)(void *argument);
    void *argument;
    bool retired;
};

static __thread struct host_thread *self;

// A context that was not made here belongs to the POSIX thread that leaves it: a CPU's first.
static struct host_thread *own_thread(void) {
    if (!self) {
        self = calloc(1, sizeof(*self));
        sem_init(&self->turn, 0, 0);
    }
    return self;
}

static void wait_for_turn(struct host_thread *thread) {
    while (sem_wait(&thread->turn) < 0 && errno == EINTR)
        ;
    if (thread->retired) {
        sem_destroy(&thread->turn);
        free(thread);
        pthread_exit(NULL);
    }
    host_cpu_play(thread->cpu);
}

static void *run_thread(void *argument) {
    self = argument;
    wait_for_turn(self);
    self->entry(self->argument);
    host_give_up("a kernel thread returned");
}

// Which POSIX thread a kernel stack belongs to stands at the stack's bottom.
static struct host_thread **thread_of_stack(void *stack_top) {
    uint64_t bottom = ((uint64_t)stack_top - 1) & ~(uint64_t)(KERNEL_STACK_SIZE - 1);
    return (struct host_thread **)bottom;
}

void arch_context_init(struct arch_context *context, void *stack_top, void (*entry)(void *),
                       void *argument) {
    pthread_t thread;
    pthread_attr_t attributes;
    struct host_thread *made = calloc(1, sizeof(*made));
    sem_init(&made->turn, 0, 0);
    made->entry = entry;
    made->argument = argument;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, PLAYER_STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, run_thread, made) != 0)
        host_give_up("the host has no more threads");
    pthread_attr_destroy(&attributes);
    *thread_of_stack(stack_top) = made;
    context->thread = made;
}

void arch_context_switch(struct arch_context *from, struct arch_context *to) {
    struct host_thread *leaving = own_thread(), *coming = to->thread;
    from->thread = leaving;
    coming->cpu = host_cpu();
    sem_post(&coming->turn);
    wait_for_turn(leaving);
}

void host_thread_retire(void *stack_top) {
    struct host_thread **thread = thread_of_stack(stack_top);
    if (!*thread) return;
    (*thread)->retired = true;
    sem_post(&(*thread)->turn);
    *thread = NULL;
}

struct trap_frame *arch_frame_of_stack(void *stack_top) {
    return (struct trap_frame *)stack_top - 1;
}

size_t arch_frame_size(void) { return sizeof(struct trap_frame); }
