// SPDX-License-Identifier: MIT
// The raw system calls: every sys_NAME is one trap and returns a value >= 0 or -ERRNO. Programs
// normally use the POSIX forms of the other headers; tests and teaching programs use these.
#pragma once

#include "abi/cap.h"
#include "abi/event.h"
#include "abi/ipc.h"
#include "abi/process.h"
#include "abi/stat.h"
#include "abi/syscall.h"

// Integers are 64 bits wide here, so that a conversion is never left to a register's upper half.
int64_t sys_exit(int64_t status);
int64_t sys_fork(void);
int64_t sys_exec(const char *path, char *const argv[], char *const environment[]);
int64_t sys_spawn(const char *path, char *const argv[], const struct spawn_action *actions,
                  int64_t count, const struct spawn_attributes *attributes,
                  char *const environment[]);
int64_t sys_wait(int64_t pid, int32_t *status, int64_t flags);
int64_t sys_getpid(void);
int64_t sys_getppid(void);
int64_t sys_kill(int64_t pid);
int64_t sys_yield(void);
int64_t sys_sleep(int64_t nanoseconds);
int64_t sys_clock(void);
int64_t sys_sbrk(int64_t increment);
int64_t sys_set_group(int64_t pid, int64_t group);
int64_t sys_process_info(int64_t pid, struct process_info *info);
int64_t sys_system_info(struct system_info *info);
int64_t sys_open(const char *path, int64_t flags);
int64_t sys_close(int64_t slot);
int64_t sys_read(int64_t slot, void *buffer, size_t size);
int64_t sys_write(int64_t slot, const void *buffer, size_t size);
int64_t sys_lseek(int64_t slot, int64_t offset, int64_t whence);
int64_t sys_fstat(int64_t slot, struct stat *stat);
int64_t sys_read_directory(int64_t slot, struct directory_entry *entries, size_t size);
int64_t sys_ioctl(int64_t slot, int64_t request, int64_t argument);
int64_t sys_pipe(int32_t slots[2]);
int64_t sys_dup(int64_t slot);
int64_t sys_dup2(int64_t slot, int64_t target);
int64_t sys_mkdir(const char *path);
int64_t sys_unlink(const char *path);
int64_t sys_wall_clock(void);
int64_t sys_sync(void);
int64_t sys_link(const char *old, const char *new);
int64_t sys_rename(const char *old, const char *new);
int64_t sys_chdir(const char *path);
int64_t sys_ftruncate(int64_t slot, int64_t size);
int64_t sys_fsync(int64_t slot);
int64_t sys_mknod(const char *path, int64_t device);
int64_t sys_file_system_info(const char *path, struct file_system_info *info);
int64_t sys_cap_get_token(int64_t slot, int64_t type);
int64_t sys_cap_drop(cap_token token);
int64_t sys_cap_stat(int64_t slot, struct cap_info *info);
int64_t sys_cap_setflags(int64_t slot, int64_t flags);
int64_t sys_cap_inspect(int64_t pid, int64_t slot, struct cap_info *info);
int64_t sys_cap_transfer(cap_token token, int64_t pid, int64_t rights, int32_t *slot);
int64_t sys_cap_accept(int64_t who);
int64_t sys_cap_revoke_delegate(cap_token token);
int64_t sys_semaphore_create(int64_t value, int64_t maximum);
int64_t sys_semaphore_wait(int64_t slot, int64_t timeout);
int64_t sys_semaphore_post(int64_t slot);
int64_t sys_barrier_create(int64_t count);
int64_t sys_barrier_wait(int64_t slot, int64_t timeout);
int64_t sys_mutex_create(void);
int64_t sys_mutex_lock(int64_t slot, int64_t timeout);
int64_t sys_mutex_unlock(int64_t slot);
int64_t sys_condition_create(void);
int64_t sys_condition_wait(int64_t slot, int64_t mutex, int64_t timeout);
int64_t sys_condition_wake(int64_t slot, int64_t count);
int64_t sys_queue_create(int64_t messages, int64_t size);
int64_t sys_queue_send(int64_t slot, const void *buffer, size_t size, int64_t priority,
                       int64_t timeout);
int64_t sys_queue_receive(int64_t slot, void *buffer, size_t size, uint32_t *priority,
                          int64_t timeout);
int64_t sys_timer_create(void);
int64_t sys_timer_settime(int64_t slot, int64_t first, int64_t interval, int64_t flags);
int64_t sys_timer_gettime(int64_t slot, struct timer_state *state);
int64_t sys_timer_wait(int64_t slot, int64_t timeout);
int64_t sys_rwlock_create(void);
int64_t sys_rwlock_read(int64_t slot, int64_t timeout);
int64_t sys_rwlock_write(int64_t slot, int64_t timeout);
int64_t sys_rwlock_unlock(int64_t slot);
int64_t sys_events_control(int64_t wanted);
int64_t sys_events_read(uint64_t sequence, struct event *events, size_t size);
int64_t sys_account_info(int64_t pid, struct account_info *info);
int64_t sys_account_recount(struct account_difference *difference);
cap_token sys_thread_create(uint64_t entry, uint64_t stack, uint64_t argument);
_Noreturn void sys_thread_exit(uint64_t result);
int64_t sys_thread_join(cap_token thread, uint64_t *result, int64_t timeout);
cap_token sys_thread_self(void);
int64_t sys_thread_setschedparam(cap_token thread, int64_t priority);
int64_t sys_thread_getschedparam(cap_token thread);
int64_t sys_channel_receive(char *line, size_t size);
int64_t sys_channel_send(const char *text, size_t size);
int64_t sys_deny_calls(const uint64_t denied[SYSCALL_WORDS]);

// Any call by its number, also one that does not exist.
int64_t sys_any(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f,
                uint64_t number);

// Every call of the table is declared above.
#define SYSCALL(number, name, arguments, first, second, summary)                                   \
    _Static_assert(sizeof(&sys_##name) == sizeof(void *), "declared");
#include "abi/syscalls.def"
#undef SYSCALL
enum {
    SYSCALLS_DECLARED = 80,
    SYSCALLS_IN_TABLE = 0
#define SYSCALL(number, name, arguments, first, second, summary) +1
#include "abi/syscalls.def"
#undef SYSCALL
};
_Static_assert(SYSCALLS_DECLARED == SYSCALLS_IN_TABLE, "syscalls.h follows abi/syscalls.def");
