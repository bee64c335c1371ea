// SPDX-License-Identifier: MIT
// Objects for processes that work together. Each is a descriptor: close() gives it up, fork() and
// cap_transfer() share it. Timeouts are nanoseconds from now, TIMEOUT_TRY or TIMEOUT_FOREVER;
// limits and structures are in abi/ipc.h. All return -1 and set errno on failure.
#pragma once

#include "abi/ipc.h"
#include "sys/types.h"

// EOVERFLOW: a post would exceed the maximum.
int semaphore_create(int64_t value, int64_t maximum);
int semaphore_wait(int semaphore, int64_t timeout);
int semaphore_post(int semaphore);

// One of each round gets BARRIER_SERIAL, the others 0.
int barrier_create(int64_t count);
int barrier_wait(int barrier, int64_t timeout);

// EDEADLK: the caller holds it. EAGAIN: RWLOCK_READERS_MAX do. EOWNERDEAD: it is locked, but a
// writer ended before. EPERM: the caller does not hold it.
int rwlock_create(void);
int rwlock_read(int lock, int64_t timeout);
int rwlock_write(int lock, int64_t timeout);
int rwlock_unlock(int lock);

// EPERM: not the owner; EDEADLK: its own; EOWNERDEAD: locked, but the last owner died with it.
int mutex_create(void);
int mutex_lock(int mutex, int64_t timeout);
int mutex_unlock(int mutex);

// Waiting may end without cause. Waking returns how many it woke.
int condition_create(void);
int condition_wait(int condition, int mutex, int64_t timeout);
int condition_wake(int condition, int64_t count);

// EMSGSIZE: the message is too long, or the buffer shorter than the longest one may be. Receiving
// returns the size; `priority` may be NULL.
int queue_create(int64_t messages, int64_t size);
int queue_send(int queue, const void *buffer, size_t size, unsigned priority, int64_t timeout);
ssize_t queue_receive(int queue, void *buffer, size_t size, unsigned *priority, int64_t timeout);

// Waiting returns how often it has expired since: one, and the overruns.
int timer_create(void);
int timer_settime(int timer, int64_t first, int64_t interval, int flags);
int timer_gettime(int timer, struct timer_state *state);
int64_t timer_wait(int timer, int64_t timeout);
