// SPDX-License-Identifier: MIT
// Pipes. The pipe's spin lock guards everything in it. Bytes are copied between the ring and user
// memory under the lock, by copies that do not fault; a page that is missing is made accessible
// with the lock released, and the step is done again. A step counts only when all of it has been
// copied, so a bad address moves nothing.
//
// Waking: whoever leaves the pipe with something that others can use passes it on, so one wake-up
// at a time is enough, also when the woken thread turns out to be killed or revoked.

#include "fs/pipe.h"
#include "abi/errno.h"
#include "cap/account.h"
#include "sched/wait_queue.h"
#include "lib/list.h"
#include "lib/print.h"
#include "lib/string.h"
#include "mem/object_cache.h"
#include "mem/page.h"
#include "mem/uaccess.h"

#define RING_SIZE PAGE_SIZE

struct pipe {
    struct spinlock lock;
    bool reader_open; // each end is one file, however many slots share it
    bool writer_open;
    size_t start;            // of the bytes in the ring
    size_t count;            // of them
    char *ring;              // one page
    struct account *account; // that the page is charged to
    struct wait_queue readers;
    struct list writers; // of struct waiting_writer, by arrival
};

// A writer that sleeps, on its own stack. It has a queue of its own, so that a reader wakes only
// one for which there is room.
struct waiting_writer {
    struct list node;
    size_t need;
    struct wait_queue queue;
};

static struct object_cache pipe_cache;

// How much must fit before a writer goes on: all of it, or as much as is promised to go in one
// piece.
static size_t writer_need(size_t size) { return size < PIPE_BUF ? size : PIPE_BUF; }

// ---- The ring, under the lock ------------------------------------------------------------------

// What is rare is kept out of line, so that the usual way saves few registers.
#define RARE __attribute__((noinline, cold))

static RARE size_t ring_copy_in_wrapped(struct pipe *pipe, size_t position, uint64_t buffer,
                                        size_t size) {
    size_t first = RING_SIZE - position;
    size_t copied = copy_from_user_atomic(pipe->ring + position, buffer, first);
    if (copied == first) copied += copy_from_user_atomic(pipe->ring, buffer + first, size - first);
    return copied;
}

// How many of `size` bytes have come behind those in the ring; they do not count yet.
static size_t ring_copy_in(struct pipe *pipe, uint64_t buffer, size_t size) {
    size_t position = (pipe->start + pipe->count) % RING_SIZE;
    if (size > RING_SIZE - position) return ring_copy_in_wrapped(pipe, position, buffer, size);
    return copy_from_user_atomic(pipe->ring + position, buffer, size);
}

static RARE size_t ring_copy_out_wrapped(struct pipe *pipe, uint64_t buffer, size_t size) {
    size_t first = RING_SIZE - pipe->start;
    size_t copied = copy_to_user_atomic(buffer, pipe->ring + pipe->start, first);
    if (copied == first) copied += copy_to_user_atomic(buffer + first, pipe->ring, size - first);
    return copied;
}

// How many of the first `size` bytes have been copied out; they still count.
static size_t ring_copy_out(struct pipe *pipe, uint64_t buffer, size_t size) {
    if (size > RING_SIZE - pipe->start) return ring_copy_out_wrapped(pipe, buffer, size);
    return copy_to_user_atomic(buffer, pipe->ring + pipe->start, size);
}

static void ring_consume(struct pipe *pipe, size_t size) {
    pipe->count -= size;
    // An empty ring begins anew at its start: copies are then aligned and in one part.
    pipe->start = pipe->count > 0 ? (pipe->start + size) % RING_SIZE : 0;
}

// ---- Waking, under the lock --------------------------------------------------------------------

static void pipe_wake_reader(struct pipe *pipe) {
    if (!list_is_empty(&pipe->readers.threads) && pipe->count > 0)
        wait_queue_wake_one(&pipe->readers);
}

// The first writer that is asleep and for which there is room.
static RARE void pipe_wake_fitting_writer(struct pipe *pipe) {
    size_t room = RING_SIZE - pipe->count;
    list_for_each(node, &pipe->writers) {
        struct waiting_writer *writer = container_of(node, struct waiting_writer, node);
        if (writer->need <= room && wait_queue_wake_one(&writer->queue)) return;
    }
}

static void pipe_wake_writer(struct pipe *pipe) {
    if (!list_is_empty(&pipe->writers)) pipe_wake_fitting_writer(pipe);
}

// ---- Waiting, with the lock released meanwhile; -EAGAIN: look again ----------------------------

static int64_t error_of_wake(enum wake_reason reason) {
    switch (reason) {
    case WAKE_KILLED: return -EINTR;
    case WAKE_REVOKED: return -EBADF;
    default: return -EAGAIN;
    }
}

static RARE int64_t pipe_wait_for_room(struct pipe *pipe, const struct cap_ref *ref, size_t need) {
    struct waiting_writer writer = {.need = need};
    wait_queue_init(&writer.queue);
    list_push_back(&pipe->writers, &writer.node);
    enum wake_reason reason = cap_ref_sleep(ref, &writer.queue, &pipe->lock, TIMEOUT_NEVER);
    list_remove(&writer.node);
    return error_of_wake(reason);
}

static RARE int64_t pipe_wait_for_bytes(struct pipe *pipe, const struct cap_ref *ref) {
    return error_of_wake(cap_ref_sleep(ref, &pipe->readers, &pipe->lock, TIMEOUT_NEVER));
}

// Gets at a missing page of user memory.
static RARE int64_t pipe_fault_in(struct pipe *pipe, uint64_t address, bool write) {
    spinlock_release(&pipe->lock);
    int error = user_fault_in(address, write);
    spinlock_acquire(&pipe->lock);
    return error ? error : -EAGAIN;
}

// ---- Reading and writing -----------------------------------------------------------------------

// One step of a write: the bytes moved, -EAGAIN after waiting for something, or an error.
static inline int64_t pipe_write_step(struct pipe *pipe, const struct cap_ref *ref, uint64_t buffer,
                                      size_t size) {
    if (!cap_ref_is_live(ref)) return -EBADF;
    if (!pipe->reader_open) return -EPIPE;
    size_t room = RING_SIZE - pipe->count;
    size_t part = size;
    if (size > room) {
        if (room < writer_need(size)) return pipe_wait_for_room(pipe, ref, writer_need(size));
        part = room;
    }
    size_t copied = ring_copy_in(pipe, buffer, part);
    if (copied < part) return pipe_fault_in(pipe, buffer + copied, false);
    pipe->count += part;
    pipe_wake_reader(pipe);
    return (int64_t)part;
}

// Goes on after a first step that did not do it all: the bytes moved if there are any, or an error.
static RARE int64_t pipe_write_rest(struct pipe *pipe, const struct cap_ref *ref, uint64_t buffer,
                                    size_t size, int64_t step) {
    size_t done = 0;
    for (;;) {
        if (step > 0)
            done += (size_t)step;
        else if (step != -EAGAIN)
            return done > 0 ? (int64_t)done : step;
        if (done == size) return (int64_t)done;
        step = pipe_write_step(pipe, ref, buffer + done, size - done);
    }
}

static int64_t pipe_write(struct file *file, const struct cap_ref *ref, uint64_t buffer,
                          size_t size) {
    if (size == 0) return 0;
    if (!user_range_is_valid(buffer, size)) return -EFAULT;
    struct pipe *pipe = file->target;
    spinlock_acquire(&pipe->lock);
    int64_t result = pipe_write_step(pipe, ref, buffer, size);
    if (result != (int64_t)size) result = pipe_write_rest(pipe, ref, buffer, size, result);
    pipe_wake_writer(pipe);
    spinlock_release(&pipe->lock);
    return result;
}

// The one step of a read: the bytes moved, 0 at the end, -EAGAIN after waiting, or an error.
static inline int64_t pipe_read_step(struct pipe *pipe, const struct cap_ref *ref, uint64_t buffer,
                                     size_t size) {
    if (!cap_ref_is_live(ref)) return -EBADF;
    if (pipe->count == 0) return pipe->writer_open ? pipe_wait_for_bytes(pipe, ref) : 0;
    size_t part = size < pipe->count ? size : pipe->count;
    size_t copied = ring_copy_out(pipe, buffer, part);
    if (copied < part) return pipe_fault_in(pipe, buffer + copied, true);
    ring_consume(pipe, part);
    pipe_wake_writer(pipe);
    return (int64_t)part;
}

static RARE int64_t pipe_read_again(struct pipe *pipe, const struct cap_ref *ref, uint64_t buffer,
                                    size_t size) {
    int64_t step;
    do step = pipe_read_step(pipe, ref, buffer, size);
    while (step == -EAGAIN);
    return step;
}

static int64_t pipe_read(struct file *file, const struct cap_ref *ref, uint64_t buffer,
                         size_t size) {
    if (size == 0) return 0;
    if (!user_range_is_valid(buffer, size)) return -EFAULT;
    struct pipe *pipe = file->target;
    spinlock_acquire(&pipe->lock);
    int64_t result = pipe_read_step(pipe, ref, buffer, size);
    if (result == -EAGAIN) result = pipe_read_again(pipe, ref, buffer, size);
    pipe_wake_reader(pipe);
    spinlock_release(&pipe->lock);
    return result;
}

// ---- The two files -----------------------------------------------------------------------------

static bool file_is_writer(const struct file *file) {
    return (file->flags & O_ACCMODE) == O_WRONLY;
}

static int pipe_stat(struct file *file, const struct cap_ref *ref, struct stat *stat) {
    struct pipe *pipe = file->target;
    spinlock_acquire(&pipe->lock);
    *stat = (struct stat){.size = pipe->count, .kind = FILE_KIND_PIPE};
    int error = cap_ref_is_live(ref) ? 0 : -EBADF;
    spinlock_release(&pipe->lock);
    return error;
}

static void pipe_settle(struct file *file) {
    struct pipe *pipe = file->target;
    spinlock_acquire(&pipe->lock);
    spinlock_release(&pipe->lock);
}

static void pipe_free(struct pipe *pipe) {
    page_put(pipe->ring);
    account_release_kernel_pages(pipe->account, 1);
    account_put(pipe->account);
    object_cache_free(&pipe_cache, pipe);
}

// An end is gone: the other side is told, or the pipe ends with the second.
static void pipe_release(struct file *file) {
    struct pipe *pipe = file->target;
    spinlock_acquire(&pipe->lock);
    if (file_is_writer(file)) {
        pipe->writer_open = false;
        wait_queue_wake_all(&pipe->readers);
    } else {
        pipe->reader_open = false;
        list_for_each(node, &pipe->writers)
            wait_queue_wake_all(&container_of(node, struct waiting_writer, node)->queue);
    }
    bool last = !pipe->reader_open && !pipe->writer_open;
    spinlock_release(&pipe->lock);
    if (last) pipe_free(pipe);
}

static void pipe_describe(const struct file *file, char *name, size_t size) {
    string_copy(name, file_is_writer(file) ? "pipe (write)" : "pipe (read)", size);
}

static const struct file_operations reader_operations = {
    .read = pipe_read,
    .settle = pipe_settle,
    .stat = pipe_stat,
    .release = pipe_release,
    .describe = pipe_describe,
};

static const struct file_operations writer_operations = {
    .write = pipe_write,
    .settle = pipe_settle,
    .stat = pipe_stat,
    .release = pipe_release,
    .describe = pipe_describe,
};

void pipe_init(void) { object_cache_init(&pipe_cache, "pipe", sizeof(struct pipe)); }

static struct pipe *pipe_alloc(void) {
    if (!account_charge_kernel_pages(account_current(), 1)) return NULL;
    struct pipe *pipe = object_cache_alloc(&pipe_cache);
    if (!pipe || !(pipe->ring = page_alloc())) {
        if (pipe) object_cache_free(&pipe_cache, pipe);
        account_release_kernel_pages(account_current(), 1);
        return NULL;
    }
    pipe->account = account_current();
    account_get(pipe->account);
    spinlock_init(&pipe->lock, LOCK_PIPE);
    wait_queue_init(&pipe->readers);
    list_init(&pipe->writers);
    return pipe;
}

int pipe_create(struct file *files[2]) {
    struct pipe *pipe = pipe_alloc();
    if (!pipe) return -ENOMEM;
    struct file *reader = file_create(&reader_operations, O_RDONLY, pipe);
    if (!reader) {
        pipe_free(pipe);
        return -ENOMEM;
    }
    pipe->reader_open = true;
    struct file *writer = file_create(&writer_operations, O_WRONLY, pipe);
    if (!writer) {
        object_put(&reader->object); // the only end yet: the pipe goes with it
        return -ENOMEM;
    }
    pipe->writer_open = true;
    files[0] = reader;
    files[1] = writer;
    return 0;
}
