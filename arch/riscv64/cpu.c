// SPDX-License-Identifier: MIT
// Harts: starting, stopping and interrupting them. Each hart's own registers are its own;
// `stopping` is atomic.
#include "machine.h"
#include "sbi.h"
#include "sync/cpu.h"

extern char _start[];

struct riscv_cpu riscv_cpus[MAX_CPUS];
uint32_t riscv_cpu_count;

// For entry.S, which reads it without translation.
struct start_record {
    uint64_t hart;
    uint64_t satp;
    void *stack_top;
    struct thread_header *thread;
};

_Static_assert(offsetof(struct start_record, hart) == START_HART, "layout.h");
_Static_assert(offsetof(struct start_record, satp) == START_SATP, "layout.h");
_Static_assert(offsetof(struct start_record, stack_top) == START_STACK, "layout.h");
_Static_assert(offsetof(struct start_record, thread) == START_THREAD, "layout.h");
_Static_assert(sizeof(struct start_record) == START_SIZE, "layout.h");
_Static_assert(START_RECORDS == MAX_CPUS, "layout.h");

struct start_record riscv_start_records[MAX_CPUS];
static bool stopping;

static uint64_t satp_of(uint64_t page_table) {
    return UINT64_C(1) << SATP_SV39_SHIFT | page_table >> PAGE_SHIFT;
}

bool arch_cpu_start(uint32_t index, struct thread_header *header, void *stack_top,
                    uint64_t page_table) {
    uint64_t hart = riscv_cpus[index].hart;
    riscv_start_records[index] =
        (struct start_record){hart, satp_of(page_table), stack_top, header};
    arch_memory_barrier();
    return sbi_hart_start(hart, (uint64_t)_start - KERNEL_IMAGE_OFFSET);
}

void arch_cpu_init(uint32_t index) {
    // User programs may read time and the counters of cycles and instructions.
    csr_write(scounteren, 7);
    riscv_clock_init_cpu();
    riscv_plic_init_cpu(index);
    csr_set(sie, SIE_SOFTWARE | SIE_EXTERNAL);
}

void arch_ipi_send(uint32_t index) { sbi_send_ipi(riscv_cpus[index].hart); }

void riscv_ipi_receive(void) {
    csr_clear(sip, SIE_SOFTWARE);
    if (!__atomic_load_n(&stopping, __ATOMIC_ACQUIRE)) return;
    csr_write(sie, 0);
    for (;;) __asm__ volatile("wfi");
}

// The firmware stops no hart but the calling one, so the others are asked to stop. One that has
// interrupts off goes on until it turns them on.
void arch_stop_others(void) {
    const struct thread_header *current = arch_current();
    __atomic_store_n(&stopping, true, __ATOMIC_RELEASE);
    for (uint32_t i = 0; i < riscv_cpu_count; i++)
        if (current == NULL || i != current->cpu->index) arch_ipi_send(i);
}

void arch_page_table_activate(uint64_t page_table) {
    csr_write(satp, satp_of(page_table));
    arch_tlb_flush_all();
}
