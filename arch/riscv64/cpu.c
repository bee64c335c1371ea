// SPDX-License-Identifier: MIT
// Harts: starting, stopping and interrupting them. Each hart's own registers are its own;
// `stopping` is atomic.
#include "machine.h"
#include "sbi.h"
#include "sync/cpu.h"

extern char secondary_start[];

struct riscv_cpu riscv_cpus[MAX_CPUS];
uint32_t riscv_cpu_count;

// Read by a hart that has no translation yet, so it lies in the image, whose place is known.
struct start_record {
    uint64_t satp;
    void *stack_top;
    struct thread_header *thread;
};

_Static_assert(offsetof(struct start_record, satp) == START_SATP, "entry.S");
_Static_assert(offsetof(struct start_record, stack_top) == START_STACK, "entry.S");
_Static_assert(offsetof(struct start_record, thread) == START_THREAD, "entry.S");

static struct start_record start_records[MAX_CPUS];
static bool stopping;

static uint64_t image_physical(const void *address)
{
    return (uint64_t)address - KERNEL_IMAGE_OFFSET;
}

static uint64_t satp_of(uint64_t page_table)
{
    return UINT64_C(1) << SATP_SV39_SHIFT | page_table >> PAGE_SHIFT;
}

bool arch_cpu_start(uint32_t index, struct thread_header *header, void *stack_top,
                    uint64_t page_table)
{
    struct start_record *record = &start_records[index];
    *record = (struct start_record){satp_of(page_table), stack_top, header};
    arch_memory_barrier();
    return sbi_hart_start(riscv_cpus[index].hart, image_physical(secondary_start),
                          image_physical(record));
}

void arch_cpu_init(uint32_t index)
{
    // User programs may read time and the counters of cycles and instructions.
    csr_write(scounteren, 7);
    riscv_clock_init_cpu();
    riscv_plic_init_cpu(index);
    csr_set(sie, SIE_SOFTWARE | SIE_EXTERNAL);
}

void arch_ipi_send(uint32_t index)
{
    sbi_send_ipi(riscv_cpus[index].hart);
}

void riscv_ipi_receive(void)
{
    csr_clear(sip, SIE_SOFTWARE);
    if (!__atomic_load_n(&stopping, __ATOMIC_ACQUIRE))
        return;
    csr_write(sie, 0);
    for (;;)
        __asm__ volatile("wfi");
}

// The firmware stops no hart but the calling one, so the others are asked to stop. One that has
// interrupts off goes on until it turns them on.
void arch_stop_others(void)
{
    const struct thread_header *current = arch_current();
    __atomic_store_n(&stopping, true, __ATOMIC_RELEASE);
    for (uint32_t i = 0; i < riscv_cpu_count; i++)
        if (current == NULL || i != current->cpu->index)
            arch_ipi_send(i);
}

void arch_page_table_activate(uint64_t page_table)
{
    csr_write(satp, satp_of(page_table));
    arch_tlb_flush_all();
}
