// SPDX-License-Identifier: MIT
// The boot order, on one page. The boot CPU runs all of it; the others join when everything that
// they need is there.

#include "abi/errno.h"
#include "boot_files.h"
#include "boot_options.h"
#include "dev/channel.h"
#include "dev/console.h"
#include "dev/null_devices.h"
#include "dev/power.h"
#include "dev/virtio.h"
#include "dev/virtio_block.h"
#include "dev/virtio_console.h"
#include "fs/file.h"
#include "fs/pipe.h"
#include "ipc/ipc.h"
#include "lib/print.h"
#include "mem/address_space.h"
#include "lib/image.h"
#include "mem/kernel_map.h"
#include "proc/process.h"
#include "sys/gate.h"

#define CPU_START_PATIENCE (10 * NANOSECONDS_PER_SECOND)

static void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

// A line of the boot log, unless that is to be quiet.
static void report(const char *format, ...) {
    char line[160];
    va_list arguments;
    va_start(arguments, format);
    format_string_va(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (!boot_options.quiet) kprintf("%s", line);
}

static void init_memory(const struct boot_info *info) {
    page_init(info);
    kernel_map_init(info);
    address_space_init();
    account_init();
    grant_init();
    file_init();
    pipe_init();
    ipc_init();
    struct page_statistics pages;
    page_get_statistics(&pages);
    report("memory   %lu MiB free, kernel %lu KiB, initrd %lu KiB\n", pages.free * PAGE_SIZE >> 20,
           (uint64_t)(image_end - image_start) >> 10,
           (info->initrd.end - info->initrd.start) >> 10);
}

static void interrupt_foreground(int32_t group) { process_kill_group(group, STATUS_INTERRUPTED); }

static void init_devices(const struct boot_info *info) {
    if (info->device_tree) virtio_discover(info->device_tree);
    virtio_console_init();
    panic_set_hook(power_report_panic);
    null_devices_init();
    power_init();
    console_init(interrupt_foreground);
    uint32_t consoles = 0, disks = virtio_block_init();
    while (virtio_find(VIRTIO_ID_CONSOLE, consoles)) consoles++;
    report("devices  uart on interrupt %u, %u virtio consoles, %u disks\n", arch_uart_irq(),
           consoles, disks);
    if (boot_options.channel && !channel_init())
        kprintf("boot option channel: there is no second virtio console\n");
    bool wants_virtio = !boot_options.channel && boot_options.console[0] == 'v';
    if (wants_virtio && !console_use_virtio())
        kprintf(
            "boot option console: there is no virtio terminal; the console stays on the uart\n");
}

static bool is_online(uint32_t index) {
    return __atomic_load_n(&cpus[index].online, __ATOMIC_ACQUIRE);
}

static void start_other_cpus(const struct boot_info *info) {
    uint32_t wanted = info->cpu_count;
    if (info->cpus_found > MAX_CPUS)
        kprintf("%u CPUs found, capv6 uses at most %u\n", info->cpus_found, MAX_CPUS);
    for (uint32_t i = 1; i < wanted; i++) {
        void *stack = kernel_stack_alloc();
        uint64_t deadline = clock_now() + CPU_START_PATIENCE;
        bool started = stack && arch_cpu_start(i, &sched_idle_thread(i)->header, stack,
                                               kernel_map_page_table());
        while (started && !is_online(i) && clock_now() < deadline) arch_cpu_relax();
        if (!started || !is_online(i)) {
            kprintf("CPU %u (hardware id %u) does not start; going on with %u\n", i,
                    info->cpu_hardware_id[i], cpu_count);
            break;
        }
        __atomic_store_n(&cpu_count, i + 1, __ATOMIC_RELAXED);
    }
    report("cpus     %u of %u running, boot CPU has hardware id %u\n", cpu_count, info->cpus_found,
           info->cpu_hardware_id[0]);
}

static int overflow_stack(volatile int depth) {
    volatile char frame[512];
    frame[0] = (char)depth;
    return depth < INT32_MAX ? overflow_stack(depth + 1) + frame[0] : 0;
}

// For the boot option panic=, with which anybody can see what a kernel bug looks like.
static void fail_on_purpose(void) {
    volatile uintptr_t nowhere = 8;
    switch (boot_options.panic[0]) {
    case 'b': panic("asked for by the boot option");
    case 'a': kassert(!"asked for by the boot option"); break;
    case 'f': *(volatile int *)nowhere = 1; break;
    case 's': kprintf("%d\n", overflow_stack(0)); break;
    }
}

// The rest of the boot may have to wait for a disk, and so is a thread's.
static void finish_boot(void *context) {
    const struct boot_info *info = context;
    char message[128];
    boot_files(info, report);
    if (CONFIG_DEBUG && boot_options.sched_seed) sched_perturb(boot_options.sched_seed);
    const char *script = boot_options.run[0] ? boot_options.run : NULL;
    int error = process_start_first(boot_options.init, script);
    if (!error) return;
    format_string(message, sizeof(message), "cannot start %s: %s", boot_options.init,
                  error_text(error));
    power_off_failed(message);
}

static void start_boot_thread(const struct boot_info *info) {
    static struct thread thread;
    if (thread_init(&thread, "boot", finish_boot, (void *)info, PRIORITY_DEFAULT))
        panic("no memory for the boot thread");
    thread.on_dead = thread_destroy;
    thread_start(&thread);
}

void kernel_main(const struct boot_info *info) {
    sched_init_boot_cpu();
    console_init_early();
    boot_options_parse(info->command_line);
    report("capv6 on %s; Ctrl-A X leaves the emulator\n", info->machine);
    init_memory(info);
    arch_cpu_init(0);
    clock_init();
    init_devices(info);
    process_init(gate_all_calls());
    report("gate     %u calls on objects, each refused without a capability\n", gate_self_test());
    start_other_cpus(info);
    fail_on_purpose();
    start_boot_thread(info);
    sched_idle();
}

void kernel_main_secondary(void) {
    uint32_t index = this_cpu()->index;
    arch_cpu_init(index);
    sched_init_cpu(index);
    sched_idle();
}
