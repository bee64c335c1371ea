// SPDX-License-Identifier: MIT
// Processes, time and the heap's end: POSIX forms of the calls, and texts for statuses.
#include <paths.h>
#include <process.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syscalls.h>
#include <time.h>
#include <unistd.h>
#include "result.h"

#define NANOSECONDS 1000000000

pid_t fork(void) { return (pid_t)result_or_errno(sys_fork()); }

int execve(const char *path, char *const argv[], char *const environment[]) {
    return (int)result_or_errno(sys_exec(path, argv, environment));
}

int execv(const char *path, char *const argv[]) { return execve(path, argv, environ); }

// Tries NAME in each directory of the search path.
int execvp(const char *name, char *const argv[]) {
    const char *next = getenv("PATH");
    char path[PATH_MAX];
    if (strchr(name, '/') != NULL) return execv(name, argv);
    if (next == NULL) next = PATH_DEFAULT;
    errno = ENOENT;
    while (*name != '\0' && *next != '\0') {
        size_t length = strcspn(next, ":");
        int size = snprintf(path, sizeof(path), "%.*s/%s", (int)length, next, name);
        if (size < (int)sizeof(path)) execv(path, argv);
        if (errno != ENOENT && errno != ENOTDIR) return -1;
        next += length;
        if (*next == ':') next++;
    }
    return -1;
}

int account_info(pid_t pid, struct account_info *info) {
    return (int)result_or_errno(sys_account_info(pid, info));
}

int deny_calls(const uint64_t denied[SYSCALL_WORDS]) {
    return (int)result_or_errno(sys_deny_calls(denied));
}

pid_t spawn(const char *path, char *const argv[], const struct spawn_action *actions, size_t count,
            const struct spawn_attributes *attributes) {
    return (pid_t)result_or_errno(
        sys_spawn(path, argv, actions, (int64_t)count, attributes, environ));
}

pid_t waitpid(pid_t pid, int *status, int options) {
    return (pid_t)result_or_errno(sys_wait(pid, status, options));
}

pid_t wait(int *status) { return waitpid(WAIT_ANY, status, 0); }

pid_t getpid(void) { return (pid_t)sys_getpid(); }

pid_t getppid(void) { return (pid_t)sys_getppid(); }

int setpgid(pid_t pid, pid_t group) { return (int)result_or_errno(sys_set_group(pid, group)); }

pid_t process_info(pid_t pid, struct process_info *info) {
    return (pid_t)result_or_errno(sys_process_info(pid, info));
}

int system_info(struct system_info *info) { return (int)result_or_errno(sys_system_info(info)); }

static int64_t process_probe(pid_t pid) {
    struct process_info info;
    int64_t found = sys_process_info(pid, &info);
    return found < 0 || info.pid == pid ? found : -ESRCH;
}

int kill(pid_t pid, int signal) {
    if (signal == 0) return result_or_errno(process_probe(pid)) < 0 ? -1 : 0;
    if (signal != SIGKILL && signal != SIGTERM) return (int)result_or_errno(-EINVAL);
    return result_or_errno(sys_kill(pid)) < 0 ? -1 : 0;
}

int sched_yield(void) { return (int)result_or_errno(sys_yield()); }

unsigned sleep(unsigned seconds) {
    sys_sleep((int64_t)seconds * NANOSECONDS);
    return 0;
}

int nanosleep(const struct timespec *wanted, struct timespec *rest) {
    if (wanted->tv_sec < 0 || wanted->tv_nsec < 0 || wanted->tv_nsec >= NANOSECONDS)
        return (int)result_or_errno(-EINVAL);
    int64_t duration;
    if (__builtin_mul_overflow(wanted->tv_sec, (int64_t)NANOSECONDS, &duration) ||
        __builtin_add_overflow(duration, (int64_t)wanted->tv_nsec, &duration))
        duration = INT64_MAX;
    int64_t result = sys_sleep(duration);
    if (result >= 0 && rest != NULL) *rest = (struct timespec){0};
    return (int)result_or_errno(result);
}

time_t time(time_t *now) {
    int64_t result = result_or_errno(sys_wall_clock());
    if (result > 0) result /= 1000000000;
    if (now) *now = result;
    return result;
}

uint64_t clock_nanoseconds(void) { return (uint64_t)sys_clock(); }

void *sbrk(intptr_t increment) { return (void *)result_or_errno(sys_sbrk(increment)); }

const char *status_reason(int status) {
    if (STATUS_IS_EXIT(status)) return NULL;
    switch (status) {
    case STATUS_KILLED: return "killed";
    case STATUS_INTERRUPTED: return "interrupted";
    case STATUS_FAULT: return "memory fault";
    case STATUS_ILLEGAL: return "illegal instruction";
    default: return "ended by the kernel";
    }
}
