// SPDX-License-Identifier: MIT
// The host machine as a whole: the arena that stands for memory, the UART, and how it ends. The log
// lock guards the log; the UART's input belongs to the CPU that takes its interrupt.

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"
#include "lib/symbols.h"
#include "lib/image.h"
#include "poison.h"

#define UART_DATA         0
#define UART_LINE_STATUS  5
#define UART_INPUT_READY  0x01
#define UART_OUTPUT_READY 0x60
#define UART_INPUT_MAX    4096

uint64_t host_direct_map_base, host_image_offset;

// The image is one page of no use, which page_init() finds at the arena's start. The table of
// function names is empty.
char image_start[PAGE_SIZE] __attribute__((aligned(4096)));
__asm__(".globl image_text_end, image_rodata_end, image_end\n"
        ".set image_text_end, image_start\n"
        ".set image_rodata_end, image_start\n"
        ".set image_end, image_start + 4096\n");
__attribute__((used)) const struct kernel_symbol ksyms_start[1];
__asm__(".globl ksyms_end\n.set ksyms_end, ksyms_start\n");

// ---- Memory ------------------------------------------------------------------------------------

static uint64_t round_up(uint64_t size) {
    return (size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

void host_machine_init(struct boot_info *info, uint32_t pages, uint32_t cpu_count,
                       const void *initrd, size_t initrd_size) {
    uint64_t size = pages * (uint64_t)PAGE_SIZE, end = HOST_MEMORY_START + size;
    char *arena = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (arena == MAP_FAILED) host_give_up("the host has too little memory");
    host_direct_map_base = (uint64_t)arena - HOST_MEMORY_START;
    host_image_offset = (uint64_t)image_start - HOST_MEMORY_START;
    poison_range(arena, size);
    memset(info, 0, sizeof(*info));
    info->memory[0] = (struct memory_range){HOST_MEMORY_START, end};
    info->memory_count = 1;
    info->cpu_count = info->cpus_found = cpu_count;
    info->command_line = "quiet";
    info->machine = "host";
    if (initrd_size > 0) {
        info->initrd = (struct memory_range){end - round_up(initrd_size), 0};
        info->initrd.end = info->initrd.start + initrd_size;
        char *target = (char *)(info->initrd.start + host_direct_map_base);
        unpoison_range(target, round_up(initrd_size));
        memcpy(target, initrd, initrd_size);
    }
}

// ---- UART --------------------------------------------------------------------------------------

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_text[HOST_LOG_MAX + 1];
static size_t log_size;
static char input[UART_INPUT_MAX];
static size_t input_size, input_taken;

void host_irq_raise(void);

void host_log_write(const char *text, size_t size) {
    pthread_mutex_lock(&log_lock);
    for (size_t i = 0; i < size && log_size < HOST_LOG_MAX; i++) log_text[log_size++] = text[i];
    pthread_mutex_unlock(&log_lock);
}

const char *host_log(void) { return log_text; }

void host_uart_type(const char *text) {
    for (; *text && input_size < UART_INPUT_MAX; text++) input[input_size++] = *text;
    host_irq_raise();
}

uint32_t arch_uart_irq(void) { return HOST_UART_IRQ; }

uint8_t arch_uart_read(uint32_t number) {
    if (number == UART_LINE_STATUS)
        return UART_OUTPUT_READY | (input_taken < input_size ? UART_INPUT_READY : 0);
    if (number == UART_DATA && input_taken < input_size) return (uint8_t)input[input_taken++];
    return 0;
}

void arch_uart_write(uint32_t number, uint8_t byte) {
    if (number == UART_DATA) host_log_write((const char *)&byte, 1);
}

// The same numbers in every run.
uint64_t arch_entropy(void) {
    static uint64_t state = 1; // atomic
    uint64_t x = __atomic_add_fetch(&state, UINT64_C(0x9e3779b97f4a7c15), __ATOMIC_RELAXED);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

// ---- End ---------------------------------------------------------------------------------------

static sem_t ended;
static bool ended_by_panic;
static bool somebody_waits; // atomic
static __thread jmp_buf *panic_catcher;

void host_give_up(const char *message) {
    fprintf(stderr, "host machine: %s\nthe kernel's log:\n%s\n", message, log_text);
    abort();
}

static _Noreturn void stand_still(void) {
    for (;;) pause();
}

void host_machine_end(bool failed) {
    host_machine_stop();
    ended_by_panic = failed;
    sem_post(&ended);
    stand_still();
}

bool host_wait_for_end(void) {
    while (sem_wait(&ended) < 0)
        ;
    return ended_by_panic;
}

void host_end_init(void) {
    sem_init(&ended, 0, 0);
    __atomic_store_n(&somebody_waits, true, __ATOMIC_RELEASE);
}

void arch_power_off(bool failed) {
    if (panic_catcher && failed) longjmp(*panic_catcher, 1);
    if (failed || !__atomic_load_n(&somebody_waits, __ATOMIC_ACQUIRE))
        host_give_up(failed ? "the kernel panicked" : "the kernel powered off");
    host_machine_end(false);
    stand_still();
}

bool host_catch_panic(void (*body)(void *context), void *context) {
    jmp_buf catcher;
    panic_catcher = &catcher;
    bool panicked = setjmp(catcher);
    if (!panicked) body(context);
    panic_catcher = NULL;
    return panicked;
}
