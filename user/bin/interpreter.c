// SPDX-License-Identifier: MIT
// What a grading host talks to: takes operations from the channel, carries them out as calls of
// this process, and answers with what they returned. What is right is for the host to decide.
//
// A line in is `NAME NUMBERS…`; the answer is `= NUMBERS…`. A name with & before it is an operation
// that may have to wait: `&` is answered first. A table takes several lines, that begin with +.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syscalls.h>

#include "abi/errno.h"
#include "abi/ipc.h"

#define LINE_MAX      256
#define NUMBERS_MAX   40
#define ACTION_WORDS  4
#define FILE_PATH     "/tmp/file" // what `open` opens
#define FILE_BYTES    16          // that it has in the beginning
#define WAIT_STEP     1000000     // nanoseconds between two looks at another process
#define NOT_MAPPED    ((int32_t *)0x7000000000)
#define WHOLE_MESSAGE 1024

static const char own_path[] = "/bin/interpreter";
static char *const own_arguments[] = {(char *)own_path, NULL};
static char buffer[WHOLE_MESSAGE];

static void answer(const char *format, ...) __attribute__((format(__printf__, 1, 2)));

static void answer(const char *format, ...) {
    char line[LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    sys_channel_send(line, (size_t)length);
}

// ---- Operations that are one call --------------------------------------------------------------

// `n` are the numbers of the line, 0 where there is none.
#define CALL(name, expression)                                                                     \
    static int64_t do_##name(const int64_t *n) {                                                   \
        (void)n;                                                                                   \
        return expression;                                                                         \
    }
CALL(getpid, sys_getpid())
CALL(getppid, sys_getppid())
CALL(open, sys_open(FILE_PATH, n[0]))
CALL(close, sys_close(n[0]))
CALL(dup, sys_dup(n[0]))
CALL(dup2, sys_dup2(n[0], n[1]))
CALL(read, sys_read(n[0], buffer, 1))
CALL(write, sys_write(n[0], buffer, 1))
CALL(lseek, sys_lseek(n[0], n[1], n[2]))
CALL(semaphore_create, sys_semaphore_create(n[0], n[1]))
CALL(semaphore_post, sys_semaphore_post(n[0]))
CALL(semaphore_try, sys_semaphore_wait(n[0], TIMEOUT_TRY))
CALL(semaphore_wait, sys_semaphore_wait(n[0], TIMEOUT_FOREVER))
CALL(queue_create, sys_queue_create(n[0], n[1]))
CALL(queue_send, sys_queue_send(n[0], buffer, 1, 0, TIMEOUT_TRY))
CALL(queue_receive, sys_queue_receive(n[0], buffer, WHOLE_MESSAGE, NULL, TIMEOUT_TRY))
CALL(queue_wait, sys_queue_receive(n[0], buffer, WHOLE_MESSAGE, NULL, TIMEOUT_FOREVER))
CALL(get_token, sys_cap_get_token(n[0], n[1]))
CALL(drop, sys_cap_drop(n[0]))
CALL(setflags, sys_cap_setflags(n[0], n[1]))
CALL(accept, sys_cap_accept(n[0]))
CALL(revoke, sys_cap_revoke_delegate(n[0]))
CALL(fork, sys_fork())

static int64_t do_pipe(const int64_t *n) {
    int32_t slots[2];
    (void)n;
    int64_t result = sys_pipe(slots);
    return result ? result : slots[0] | slots[1] << 8;
}

// A write that wakes a reader, and a revocation before that has had its turn: on one CPU, at the
// beginning of a slice, nobody comes in between.
static int64_t do_write_and_revoke(const int64_t *n) {
    sys_sleep(WAIT_STEP);
    int64_t written = sys_write(n[0], buffer, 1);
    int64_t revoked = sys_cap_revoke_delegate(n[1]);
    return written < 0 ? written : revoked;
}

static int64_t do_dup_many(const int64_t *n) {
    int64_t done = 0;
    while (done < n[1] && sys_dup(n[0]) >= 0) done++;
    return done;
}

// Opens and closes, again and again: how many times that succeeded with the slot that is wanted.
static int64_t do_use_up(const int64_t *n) {
    int64_t done = 0;
    while (done < n[1] && sys_open(FILE_PATH, O_RDWR | O_GRANT) == n[0] && sys_close(n[0]) == 0)
        done++;
    return done;
}

// In the order of the model's DENIABLE.
static int64_t do_deny(const int64_t *n) {
    static const uint32_t numbers[] = {SYS_open,
                                       SYS_pipe,
                                       SYS_read,
                                       SYS_write,
                                       SYS_lseek,
                                       SYS_close,
                                       SYS_dup,
                                       SYS_dup2,
                                       SYS_cap_get_token,
                                       SYS_cap_drop,
                                       SYS_cap_setflags,
                                       SYS_cap_accept,
                                       SYS_cap_revoke_delegate};
    uint64_t denied[SYSCALL_WORDS] = {0};
    if (n[0] < 0 || n[0] >= (int64_t)(sizeof(numbers) / sizeof(numbers[0]))) return -EINVAL;
    uint32_t number = numbers[n[0]];
    denied[number / 64] = UINT64_C(1) << number % 64;
    return sys_deny_calls(denied);
}

// ---- Processes ---------------------------------------------------------------------------------

static int64_t do_exit(const int64_t *n) {
    (void)n;
    sys_exit(0);
    return 0;
}

// n[-1] numbers: the mode, then four for each file action.
static int64_t do_spawn(const int64_t *n) {
    struct spawn_action actions[NUMBERS_MAX / ACTION_WORDS] = {{0}};
    struct spawn_attributes attributes = {.inherit = (uint32_t)n[0]};
    size_t count = n[-1] > 1 ? (size_t)(n[-1] - 1) / ACTION_WORDS : 0;
    for (size_t i = 0; i < count; i++) {
        const int64_t *words = n + 1 + ACTION_WORDS * i;
        actions[i] = (struct spawn_action){.kind = (uint32_t)words[0],
                                           .slot = (int32_t)words[1],
                                           .target = (int32_t)words[2],
                                           .flags = (uint32_t)words[3],
                                           .path = (uint64_t)FILE_PATH};
    }
    return sys_spawn(own_path, own_arguments, actions, count, &attributes, NULL);
}

// A new process with an empty table, in which a test begins. The file is as it should be; that may
// fail where there are no descriptors yet, and then nobody has changed it.
static int64_t do_begin(const int64_t *n) {
    struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_NOTHING};
    (void)n;
    while (sys_wait(WAIT_ANY, NULL, WAIT_NO_HANG) > 0) continue;
    int64_t file = sys_open(FILE_PATH, O_RDWR | O_CREAT);
    if (file >= 0) {
        sys_ftruncate(file, FILE_BYTES);
        sys_close(file);
    }
    return sys_spawn(own_path, own_arguments, NULL, 0, &attributes, NULL);
}

// Waits until the process has ended and has given back everything.
static int64_t do_ended(const int64_t *n) {
    struct process_info info;
    while (sys_process_info(n[0], &info) == n[0] && info.state != PROCESS_ZOMBIE)
        sys_sleep(WAIT_STEP);
    sys_wait(n[0], NULL, WAIT_NO_HANG); // an orphan's number is then free
    return 0;
}

// Waits until the process sleeps or has ended.
static int64_t do_asleep(const int64_t *n) {
    struct process_info info;
    while (sys_process_info(n[0], &info) == n[0] && info.state != PROCESS_ZOMBIE && !info.blocked)
        sys_sleep(WAIT_STEP);
    return 0;
}

static int64_t do_kill(const int64_t *n) { return sys_kill(n[0]); }

// ---- Operations with more than one number for an answer ----------------------------------------

static void answer_transfer(const int64_t *n) {
    int32_t slot = -1;
    int64_t result = sys_cap_transfer(n[0], n[1], n[2], n[3] ? &slot : NOT_MAPPED);
    answer("= %ld %d\n", result, result > 0 ? slot : -1);
}

static void answer_stat(const int64_t *n) {
    struct cap_info info;
    int64_t result = sys_cap_stat(n[0], &info);
    if (result)
        answer("= %ld\n", result);
    else
        answer("= %u %u %u %u %u %lu %lu\n", info.type, info.rights, info.generation, info.flags,
               info.references, info.grant_epoch, info.object_id);
}

static void answer_table(const int64_t *n) {
    struct cap_info info;
    int64_t count = 0;
    (void)n;
    for (int64_t slot = 0; slot < CAP_SLOTS; slot++) {
        if (sys_cap_stat(slot, &info)) continue;
        answer("+ %ld %u %u %u %u %u %lu %lu\n", slot, info.type, info.rights, info.generation,
               info.flags, info.references, info.grant_epoch, info.object_id);
        count++;
    }
    answer("= %ld\n", count);
}

// Free pages and live objects.
static void answer_resources(const int64_t *n) {
    struct system_info info;
    (void)n;
    sys_system_info(&info);
    answer("= %lu %lu\n", info.pages_free + info.pages_cached, info.objects_live);
}

// ---- Lines -------------------------------------------------------------------------------------

static const struct operation {
    const char *name;
    int64_t (*run)(const int64_t *n);
    void (*answer)(const int64_t *n);
} operations[] = {
    {"getpid", do_getpid, NULL},
    {"getppid", do_getppid, NULL},
    {"open", do_open, NULL},
    {"pipe", do_pipe, NULL},
    {"close", do_close, NULL},
    {"dup", do_dup, NULL},
    {"dup_many", do_dup_many, NULL},
    {"use_up", do_use_up, NULL},
    {"dup2", do_dup2, NULL},
    {"read", do_read, NULL},
    {"write", do_write, NULL},
    {"lseek", do_lseek, NULL},
    {"semaphore_create", do_semaphore_create, NULL},
    {"semaphore_post", do_semaphore_post, NULL},
    {"semaphore_try", do_semaphore_try, NULL},
    {"semaphore_wait", do_semaphore_wait, NULL},
    {"queue_create", do_queue_create, NULL},
    {"queue_send", do_queue_send, NULL},
    {"queue_receive", do_queue_receive, NULL},
    {"queue_wait", do_queue_wait, NULL},
    {"get_token", do_get_token, NULL},
    {"drop", do_drop, NULL},
    {"setflags", do_setflags, NULL},
    {"accept", do_accept, NULL},
    {"revoke", do_revoke, NULL},
    {"write_and_revoke", do_write_and_revoke, NULL},
    {"deny", do_deny, NULL},
    {"fork", do_fork, NULL},
    {"exit", do_exit, NULL},
    {"spawn", do_spawn, NULL},
    {"begin", do_begin, NULL},
    {"ended", do_ended, NULL},
    {"asleep", do_asleep, NULL},
    {"kill", do_kill, NULL},
    {"transfer", NULL, answer_transfer},
    {"stat", NULL, answer_stat},
    {"table", NULL, answer_table},
    {"resources", NULL, answer_resources},
};

static const struct operation *find_operation(const char *name) {
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (strcmp(operations[i].name, name) == 0) return &operations[i];
    return NULL;
}

// A child of fork answers too, with nothing: only its parent has been asked.
static void run(const struct operation *operation, const int64_t *n) {
    if (operation->answer) {
        operation->answer(n);
        return;
    }
    int64_t result = operation->run(n);
    bool is_child = operation->run == do_fork && result == 0;
    if (!is_child) answer("= %ld\n", result);
}

static void run_line(char *line) {
    int64_t numbers[NUMBERS_MAX + 1] = {0};
    char *end = line + strlen(line), *next = strchr(line, ' ');
    int64_t count = 0;
    if (!next) next = end;
    if (*next) *next++ = 0;
    for (char *word = next; *word && count < NUMBERS_MAX; word = next) {
        numbers[++count] = strtol(word, &next, 10);
        if (next == word) break;
    }
    numbers[0] = count;
    bool may_wait = line[0] == '&';
    const struct operation *operation = find_operation(line + may_wait);
    if (may_wait) answer("&\n");
    if (operation)
        run(operation, numbers + 1);
    else
        answer("? %s\n", line);
}

int main(void) {
    char line[LINE_MAX];
    if (sys_getppid() == sys_getpid()) answer("ready\n");
    for (;;) {
        int64_t length = sys_channel_receive(line, sizeof(line));
        if (length < 0) {
            fprintf(stderr,
                    "interpreter: this is for grading; it needs a machine with a channel\n");
            return 1;
        }
        run_line(line);
    }
}
