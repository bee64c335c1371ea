// SPDX-License-Identifier: MIT
// Which driver answers which interrupt. The table only grows, at boot and on one CPU; its count is
// published last, so that interrupt_dispatch() needs no lock.
#include "dev/interrupt.h"

#include "lib/print.h"
#include "arch.h"

struct interrupt_handler {
    uint32_t irq;
    void (*handle)(void *context);
    void *context;
};

static struct interrupt_handler handlers[INTERRUPT_HANDLERS_MAX];
static uint32_t handler_count;

void interrupt_register(uint32_t irq, void (*handler)(void *context), void *context) {
    kassert(handler_count < INTERRUPT_HANDLERS_MAX);
    handlers[handler_count] = (struct interrupt_handler){irq, handler, context};
    __atomic_store_n(&handler_count, handler_count + 1, __ATOMIC_RELEASE);
    arch_irq_enable(irq, 0);
}

void interrupt_dispatch(uint32_t irq) {
    uint32_t count = __atomic_load_n(&handler_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        if (handlers[i].irq == irq) // devices may share a line
            handlers[i].handle(handlers[i].context);
    }
}
