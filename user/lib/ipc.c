// SPDX-License-Identifier: MIT
// Semaphores, barriers, mutexes, condition variables, rwlocks, queues, timers: the library's forms
// of the calls.
#include <ipc.h>
#include <syscalls.h>
#include "result.h"

int semaphore_create(int64_t value, int64_t maximum) {
    return (int)result_or_errno(sys_semaphore_create(value, maximum));
}

int semaphore_wait(int semaphore, int64_t timeout) {
    return (int)result_or_errno(sys_semaphore_wait(semaphore, timeout));
}

int semaphore_post(int semaphore) { return (int)result_or_errno(sys_semaphore_post(semaphore)); }

int barrier_create(int64_t count) { return (int)result_or_errno(sys_barrier_create(count)); }

int barrier_wait(int barrier, int64_t timeout) {
    return (int)result_or_errno(sys_barrier_wait(barrier, timeout));
}

int rwlock_create(void) { return (int)result_or_errno(sys_rwlock_create()); }

int rwlock_read(int lock, int64_t timeout) {
    return (int)result_or_errno(sys_rwlock_read(lock, timeout));
}

int rwlock_write(int lock, int64_t timeout) {
    return (int)result_or_errno(sys_rwlock_write(lock, timeout));
}

int rwlock_unlock(int lock) { return (int)result_or_errno(sys_rwlock_unlock(lock)); }

int mutex_create(void) { return (int)result_or_errno(sys_mutex_create()); }

int mutex_lock(int mutex, int64_t timeout) {
    return (int)result_or_errno(sys_mutex_lock(mutex, timeout));
}

int mutex_unlock(int mutex) { return (int)result_or_errno(sys_mutex_unlock(mutex)); }

int condition_create(void) { return (int)result_or_errno(sys_condition_create()); }

int condition_wait(int condition, int mutex, int64_t timeout) {
    return (int)result_or_errno(sys_condition_wait(condition, mutex, timeout));
}

int condition_wake(int condition, int64_t count) {
    return (int)result_or_errno(sys_condition_wake(condition, count));
}

int queue_create(int64_t messages, int64_t size) {
    return (int)result_or_errno(sys_queue_create(messages, size));
}

int queue_send(int queue, const void *buffer, size_t size, unsigned priority, int64_t timeout) {
    return (int)result_or_errno(sys_queue_send(queue, buffer, size, priority, timeout));
}

ssize_t queue_receive(int queue, void *buffer, size_t size, unsigned *priority, int64_t timeout) {
    return (ssize_t)result_or_errno(sys_queue_receive(queue, buffer, size, priority, timeout));
}

int timer_create(void) { return (int)result_or_errno(sys_timer_create()); }

int timer_settime(int timer, int64_t first, int64_t interval, int flags) {
    return (int)result_or_errno(sys_timer_settime(timer, first, interval, flags));
}

int timer_gettime(int timer, struct timer_state *state) {
    return (int)result_or_errno(sys_timer_gettime(timer, state));
}

int64_t timer_wait(int timer, int64_t timeout) {
    return result_or_errno(sys_timer_wait(timer, timeout));
}
