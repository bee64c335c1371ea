// SPDX-License-Identifier: MIT
// The portable kernel as one that can be asked: a few processes whose calls go through the real
// gate, one at a time. tests/model.py compares the answers with those of the reference model. Input
// is a series of worlds, each a line with its size in bytes and then that many bytes of lines
// `PROCESS OPERATION NUMBERS…`; each line is answered by a line. A world runs in a process of the
// host of its own, so every one begins with a machine that has just been switched on.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "abi/errno.h"
#include "abi/ipc.h"
#include "abi/syscall.h"
#include "fs/ramfs.h"
#include "mem/uaccess.h"
#include "proc/tree.h"

#define WORLD_MAX          (1 << 20)
#define PLAYERS_MAX        4096
#define ARGUMENTS_MAX_HERE 64

#define USER_BASE   UINT64_C(0x400000)
#define USER_PATH   USER_BASE            // "/file"
#define USER_RESULT (USER_BASE + 0x1000) // what calls write
#define USER_BUFFER (USER_BASE + 0x2000)
#define USER_SIZE   UINT64_C(0x4000)
#define FILE_SIZE   16        // as the model has it
#define NOBODY      (1 << 29) // not yet a process number
#define NOT_MAPPED  UINT64_C(0x700000)

static struct process *players[PLAYERS_MAX]; // by the model's numbers; NULL once ended
static int32_t pids[PLAYERS_MAX];            // kept when they have ended
static int64_t last_player;

static _Noreturn void give_up(const char *message) {
    fprintf(stderr, "model backend: %s\n", message);
    exit(2);
}

// ---- Processes ---------------------------------------------------------------------------------

// From here on the calling thread is this process's.
static void become(struct process *process) {
    thread_current()->owner = process_first_thread(process);
    thread_current()->account = process->account;
    thread_current()->pid = process->pid;
    address_space_activate(process->space);
}

static struct process *player(int64_t number) {
    if (number < 1 || number > last_player || !players[number]) give_up("no such process");
    return players[number];
}

static struct process *begin_process(void) {
    int error;
    struct process *process = process_create(account_root(), &error);
    if (!process) give_up("no process");
    process->space = address_space_create(process->account);
    if (!process->space || address_space_add_region(process->space, USER_BASE,
                                                    USER_BASE + USER_SIZE, PTE_READ | PTE_WRITE))
        give_up("no address space");
    return process;
}

// What process_publish() does, but that its thread never runs: this program plays it.
static int64_t publish(struct process *process, struct process *parent) {
    static const char path[] = "/file";
    process->parent = parent ? parent : process;
    process->state = PROCESS_ALIVE;
    if (parent) list_push_back(&parent->children, &process->sibling);
    players[++last_player] = process;
    pids[last_player] = process->pid;
    become(process);
    if (copy_to_user(USER_PATH, path, sizeof(path))) give_up("no user memory");
    return last_player;
}

static int64_t do_fork(const int64_t *arguments) {
    (void)arguments;
    struct process *parent = process_current(), *child = begin_process();
    process_inherit_attributes(child, parent);
    int error = cap_space_fork(&child->capabilities, &parent->capabilities);
    if (!error) error = process_add_thread(child);
    if (!error) return publish(child, parent);
    process_abandon(child);
    return error;
}

static int64_t do_exit(const int64_t *arguments) {
    (void)arguments;
    struct process *process = process_current();
    struct user_thread *user = process_first_thread(process);
    for (int64_t i = 1; i <= last_player; i++)
        if (players[i] == process) players[i] = NULL;
    address_space_activate(NULL);
    process_finish(process);
    become(players[1]);
    object_put(&user->object);
    process_become_zombie(process);
    spinlock_acquire(&process_tree_lock);
    process_unlink_locked(process);
    spinlock_release(&process_tree_lock);
    process_free(process);
    return 0;
}

static int64_t do_spawn(const int64_t *arguments) {
    struct process *parent = process_current(), *child = begin_process();
    struct spawn_action actions[8] = {{0}};
    uint32_t count = (uint32_t)arguments[-1] / 4; // how many numbers there were, less the mode
    for (uint32_t i = 0; i < count; i++) {
        const int64_t *words = arguments + 1 + 4 * i;
        actions[i] = (struct spawn_action){.kind = (uint32_t)words[0],
                                           .slot = (int32_t)words[1],
                                           .target = (int32_t)words[2],
                                           .flags = (uint32_t)words[3],
                                           .path = USER_PATH};
    }
    process_inherit_attributes(child, parent);
    int error = process_fill_table(child, actions, count, (enum spawn_inherit)arguments[0]);
    if (!error) error = process_add_thread(child);
    if (!error) return publish(child, parent);
    process_abandon(child);
    return error;
}

// ---- Calls -------------------------------------------------------------------------------------

static int64_t call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e) {
    struct trap_frame frame = {.registers = {a, b, c, d, e}, .is_user = true};
    arch_interrupts_off();
    trap_syscall(&frame, number);
    arch_interrupts_on();
    spinlock_assert_none_held();
    return (int64_t)frame.registers[0];
}

static void take_result(void *to, size_t size) {
    if (copy_from_user(to, USER_RESULT, size)) give_up("no user memory");
}

// Those that are one call with numbers for arguments.
#define PLAIN_CALL(name, a, b, c, d, e)                                                            \
    static int64_t do_##name(const int64_t *n) {                                                   \
        (void)n;                                                                                   \
        return call(SYS_##name, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d),        \
                    (uint64_t)(e));                                                                \
    }
PLAIN_CALL(open, USER_PATH, n[0], 0, 0, 0)
PLAIN_CALL(close, n[0], 0, 0, 0, 0)
PLAIN_CALL(dup, n[0], 0, 0, 0, 0)
PLAIN_CALL(dup2, n[0], n[1], 0, 0, 0)
PLAIN_CALL(read, n[0], USER_BUFFER, 1, 0, 0)
PLAIN_CALL(write, n[0], USER_BUFFER, 1, 0, 0)
PLAIN_CALL(lseek, n[0], n[1], n[2], 0, 0)
PLAIN_CALL(semaphore_create, n[0], n[1], 0, 0, 0)
PLAIN_CALL(semaphore_post, n[0], 0, 0, 0, 0)
PLAIN_CALL(semaphore_wait, n[0], TIMEOUT_TRY, 0, 0, 0)
PLAIN_CALL(queue_create, n[0], n[1], 0, 0, 0)
PLAIN_CALL(queue_send, n[0], USER_BUFFER, 1, 0, TIMEOUT_TRY)
PLAIN_CALL(queue_receive, n[0], USER_BUFFER, 1024, 0, TIMEOUT_TRY)
PLAIN_CALL(cap_get_token, n[0], n[1], 0, 0, 0)
PLAIN_CALL(cap_drop, n[0], 0, 0, 0, 0)
PLAIN_CALL(cap_setflags, n[0], n[1], 0, 0, 0)
PLAIN_CALL(cap_accept, n[0], 0, 0, 0, 0)
PLAIN_CALL(cap_revoke_delegate, n[0], 0, 0, 0, 0)
#undef PLAIN_CALL

static int64_t do_pipe(const int64_t *arguments) {
    int32_t slots[2];
    (void)arguments;
    int64_t result = call(SYS_pipe, USER_RESULT, 0, 0, 0, 0);
    if (result) return result;
    take_result(slots, sizeof(slots));
    return slots[0] | slots[1] << 8;
}

static int64_t do_dup_many(const int64_t *arguments) {
    int64_t done = 0;
    while (done < arguments[1] && do_dup(arguments) >= 0) done++;
    return done;
}

// In the order of the model's DENIABLE.
static int64_t do_deny(const int64_t *arguments) {
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
    uint32_t number = numbers[arguments[0]];
    denied[number / 64] = UINT64_C(1) << number % 64;
    process_deny_calls(process_current(), denied);
    return 0;
}

static void print_transfer(const int64_t *arguments) {
    int32_t slot = -1;
    bool has_been = arguments[1] > 0 && arguments[1] <= last_player;
    int64_t to = has_been ? pids[arguments[1]] : NOBODY;
    int64_t result = call(SYS_cap_transfer, (uint64_t)arguments[0], (uint64_t)to,
                          (uint64_t)arguments[2], arguments[3] ? USER_RESULT : NOT_MAPPED, 0);
    if (result > 0) take_result(&slot, sizeof(slot));
    printf("%" PRId64 " %d\n", result, slot);
}

static void print_stat(const int64_t *arguments) {
    struct cap_info info;
    int64_t result = call(SYS_cap_stat, (uint64_t)arguments[0], USER_RESULT, 0, 0, 0);
    if (result) {
        printf("%" PRId64 "\n", result);
        return;
    }
    take_result(&info, sizeof(info));
    printf("%u %u %u %u %u %" PRIu64 " %" PRIu64 "\n", info.type, info.rights, info.generation,
           info.flags, info.references, info.grant_epoch, info.object_id);
}

// Of the first, besides its address space: its table and its thread's stack.
#define FIRST_PAGES (1 + KERNEL_STACK_SIZE / PAGE_SIZE)

// Everybody ends, and the first gives away all. Prints what is left besides that one, its thread
// and the thread's slot: objects, and what the ledger says of objects, slots, processes and pages.
static void print_end(const int64_t *arguments) {
    for (int64_t i = 2; i <= last_player; i++)
        if (players[i]) {
            become(players[i]);
            do_exit(arguments);
        }
    become(players[1]);
    process_revoke_all();
    for (int64_t slot = 0; slot < CAP_SLOTS_ORDINARY; slot++)
        cap_space_close_slot(&players[1]->capabilities, slot);
    path_unlink("/file"); // whose pages are charged too
    struct account_info account;
    account_get_info(account_root(), &account);
    uint64_t objects = 0;
    for (uint32_t code = CAP_TYPE_NONE + 1; code < CAP_TYPE_END; code++)
        objects += account.used[ACCOUNT_OBJECTS + code];
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", object_count_live() - 1,
           objects - 1,
           account.used[ACCOUNT_SLOTS] - cap_space_count_live(&players[1]->capabilities),
           account.used[ACCOUNT_PROCESSES] - 1,
           account.used[ACCOUNT_PAGES] - players[1]->space->pages - players[1]->space->tables -
               FIRST_PAGES);
}

// ---- Lines -------------------------------------------------------------------------------------

static const struct {
    const char *name;
    int64_t (*run)(const int64_t *arguments);
    void (*print)(const int64_t *arguments);
} operations[] = {
    {"open", do_open, NULL},
    {"pipe", do_pipe, NULL},
    {"close", do_close, NULL},
    {"dup", do_dup, NULL},
    {"dup_many", do_dup_many, NULL},
    {"dup2", do_dup2, NULL},
    {"read", do_read, NULL},
    {"write", do_write, NULL},
    {"lseek", do_lseek, NULL},
    {"semaphore_create", do_semaphore_create, NULL},
    {"semaphore_post", do_semaphore_post, NULL},
    {"semaphore_try", do_semaphore_wait, NULL},
    {"queue_create", do_queue_create, NULL},
    {"queue_send", do_queue_send, NULL},
    {"queue_receive", do_queue_receive, NULL},
    {"get_token", do_cap_get_token, NULL},
    {"drop", do_cap_drop, NULL},
    {"setflags", do_cap_setflags, NULL},
    {"accept", do_cap_accept, NULL},
    {"revoke", do_cap_revoke_delegate, NULL},
    {"deny", do_deny, NULL},
    {"fork", do_fork, NULL},
    {"exit", do_exit, NULL},
    {"spawn", do_spawn, NULL},
    {"transfer", NULL, print_transfer},
    {"stat", NULL, print_stat},
    {"end", NULL, print_end},
};

static void run_line(char *line) {
    int64_t numbers[ARGUMENTS_MAX_HERE] = {0}, count = 0;
    char *end, *save;
    int64_t process = strtoll(line, &end, 10);
    const char *name = strtok_r(end, " ", &save), *word;
    if (!name) give_up("a line without an operation");
    while (count < ARGUMENTS_MAX_HERE - 1 && (word = strtok_r(NULL, " ", &save)))
        numbers[++count] = strtoll(word, NULL, 10);
    numbers[0] = count - 1;
    become(player(process));
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (strcmp(operations[i].name, name) != 0) continue;
        if (operations[i].print)
            operations[i].print(numbers + 1);
        else
            printf("%" PRId64 "\n", operations[i].run(numbers + 1));
        return;
    }
    give_up("an unknown operation");
}

static void prepare_machine(void) {
    struct inode *file;
    kernel_setup();
    inode_set_root(ramfs_create());
    sleep_lock_acquire(&inode_root()->lock);
    if (inode_root()->operations->create(inode_root(), "file", 4, FILE_KIND_REGULAR, &file))
        give_up("no file");
    sleep_lock_release(&inode_root()->lock);
    sleep_lock_acquire(&file->lock);
    if (file->operations->truncate(file, FILE_SIZE)) give_up("no file");
    sleep_lock_release(&file->lock);
    inode_put(file); // its name holds it
    struct process *first = begin_process();
    if (process_add_thread(first)) give_up("no thread");
    publish(first, NULL);
}

static void run_world(char *text) {
    char *save;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        run_line(line);
}

static void read_exactly(char *to, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t part = read(STDIN_FILENO, to + done, size - done);
        if (part <= 0) give_up("the input ends in a world");
        done += (size_t)part;
    }
    to[size] = 0;
}

// The size of the next world, or 0 at the end.
static size_t read_size(void) {
    char line[16];
    for (size_t length = 0; length < sizeof(line) - 1; length++) {
        if (read(STDIN_FILENO, line + length, 1) != 1) return 0;
        line[length + 1] = 0;
        if (line[length] == '\n') return strtoul(line, NULL, 10);
    }
    give_up("a world begins with its size");
}

int main(void) {
    static char text[WORLD_MAX];
    size_t size;
    prepare_machine();
    while ((size = read_size()) > 0) {
        if (size >= WORLD_MAX) give_up("the world is too large");
        read_exactly(text, size);
        pid_t child = fork();
        if (child == 0) {
            run_world(text);
            fflush(stdout);
            _exit(0);
        }
        int status = -1;
        if (child < 0 || waitpid(child, &status, 0) != child) give_up("cannot run a world");
        printf("world %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        fflush(stdout);
    }
    return 0;
}
