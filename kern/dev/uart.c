// SPDX-License-Identifier: MIT
// The 16550 UART. The UART lock keeps two writers from filling the transmit FIFO at once; the
// receiving side belongs to the interrupt handler, which runs on one CPU.
#include "dev/uart.h"

#include "dev/interrupt.h"
#include "lib/print.h"
#include "sched/clock.h"
#include "sync/lock.h"

// Registers, by their index.
#define UART_DATA          0 // read: receive buffer; write: transmit FIFO
#define UART_INTERRUPTS    1
#define UART_FIFO_CONTROL  2
#define UART_LINE_CONTROL  3
#define UART_MODEM_CONTROL 4
#define UART_LINE_STATUS   5

#define INTERRUPT_ON_INPUT  0x01
#define FIFO_ENABLE         0x01
#define FIFO_CLEAR_BOTH     0x06
#define LINE_8_BITS         0x03 // no parity, one stop bit; also closes the divisor latch
#define MODEM_READY         0x03 // DTR and RTS
#define MODEM_INTERRUPTS    0x08 // OUT2: a PC lets the interrupt through only with it
#define STATUS_INPUT_READY  0x01
#define STATUS_OUTPUT_EMPTY 0x20 // of the FIFO
#define STATUS_OUTPUT_GONE  0x40 // of the shift register too

#define FIFO_SIZE      16
#define FLUSH_PATIENCE (5 * NANOSECONDS_PER_SECOND)

static struct spinlock uart_lock = SPINLOCK_INIT(LOCK_UART);
static void (*uart_receive)(const char *text, size_t size);

// The speed stays as firmware has set it.
void uart_init(void) {
    arch_uart_write(UART_INTERRUPTS, 0);
    arch_uart_write(UART_LINE_CONTROL, LINE_8_BITS);
    arch_uart_write(UART_FIFO_CONTROL, FIFO_ENABLE | FIFO_CLEAR_BOTH);
    arch_uart_write(UART_MODEM_CONTROL, MODEM_READY | MODEM_INTERRUPTS);
}

static size_t uart_fill_fifo(const char *text, size_t size) {
    if (!(arch_uart_read(UART_LINE_STATUS) & STATUS_OUTPUT_EMPTY)) return 0;
    if (size > FIFO_SIZE) size = FIFO_SIZE;
    for (size_t i = 0; i < size; i++) arch_uart_write(UART_DATA, (uint8_t)text[i]);
    return size;
}

size_t uart_try_write(const char *text, size_t size) {
    if (panic_in_progress()) // the lock's holder may have been stopped
        return uart_fill_fifo(text, size);
    spinlock_acquire(&uart_lock);
    size_t written = uart_fill_fifo(text, size);
    spinlock_release(&uart_lock);
    return written;
}

void uart_write(const char *text, size_t size) {
    while (size > 0) {
        size_t written = uart_try_write(text, size);
        text += written;
        size -= written;
        if (written == 0) arch_cpu_relax();
    }
}

void uart_flush(void) {
    uint64_t deadline = arch_clock_now() + FLUSH_PATIENCE;
    while (!(arch_uart_read(UART_LINE_STATUS) & STATUS_OUTPUT_GONE) && arch_clock_now() < deadline)
        arch_cpu_relax();
}

// Empties the receiver: with an edge-triggered interrupt nothing else would raise it again.
static void uart_interrupt(void *context) {
    char text[FIFO_SIZE];
    size_t size;
    (void)context;
    do {
        size = 0;
        while (size < FIFO_SIZE && (arch_uart_read(UART_LINE_STATUS) & STATUS_INPUT_READY))
            text[size++] = (char)arch_uart_read(UART_DATA);
        uart_receive(text, size);
    } while (size == FIFO_SIZE);
}

void uart_enable_input(void (*receive)(const char *text, size_t size)) {
    uart_receive = receive;
    interrupt_register(arch_uart_irq(), uart_interrupt, NULL);
    arch_uart_write(UART_INTERRUPTS, INTERRUPT_ON_INPUT);
}
