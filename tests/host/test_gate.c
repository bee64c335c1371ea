// SPDX-License-Identifier: MIT
// The gate, driven through trap_syscall() as a trap would: what each call is refused for, in which
// order, the allow-list, and that no pin outlives its call.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "abi/errno.h"
#include "abi/syscall.h"
#include "cap/pin.h"
#include "cap_objects.h"
#include "fs/file.h"
#include "fs/ramfs.h"
#include "proc/tree.h"
#include "sys/gate.h"

#define USER_BASE UINT64_C(0x400000)
#define USER_SIZE (16 * PAGE_SIZE)

static struct process *process;
static struct user_thread user;

// The test's own thread plays a process's.
static void setup(void) {
    int error;
    kernel_setup();
    inode_set_root(ramfs_create());
    process = process_create(account_root(), &error);
    ck_assert_ptr_nonnull(process);
    process->state = PROCESS_ALIVE;
    process->parent = process;
    list_push_back(&process->threads, &user.sibling);
    process->thread_count = 1;
    process->space = address_space_create(NULL);
    ck_assert_int_eq(address_space_add_region(process->space, USER_BASE, USER_BASE + USER_SIZE,
                                              PTE_READ | PTE_WRITE),
                     0);
    ck_assert_int_eq(address_space_set_heap(process->space, USER_BASE + 2 * USER_SIZE), 0);
    address_space_activate(process->space);
    user.object = (struct object){.type = &test_thread_type, .count = 1};
    user.process = process;
    user.thread.header.cpu = this_cpu();
    thread_current()->owner = &user;
}

static int64_t call(uint64_t number, uint64_t a, uint64_t b, uint64_t c) {
    struct trap_frame frame = {.registers = {a, b, c}, .is_user = true};
    arch_interrupts_off();
    trap_syscall(&frame, number);
    arch_interrupts_on();
    spinlock_assert_none_held();
    return (int64_t)frame.registers[0];
}

// ---- What the table says -----------------------------------------------------------------------

enum { RULE_NONE, RULE_TABLE, RULE_CAP };

struct rule {
    int rule;
    uint32_t type;
    uint32_t rights;
};

static const struct {
    uint64_t number;
    const char *name, *letters;
    struct rule first, second;
} calls[] = {
#define NONE                                                                                       \
    { RULE_NONE, 0, 0 }
#define TABLE                                                                                      \
    { RULE_TABLE, 0, 0 }
#define CAP(type, rights)                                                                          \
    { RULE_CAP, CAP_TYPE_##type, CAP_##rights }
#define SYSCALL(number, name, arguments, first, second, summary)                                   \
    {number, #name, arguments, first, second},
#include "abi/syscalls.def"
#undef SYSCALL
};

#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))

static const int64_t dead_slots[] = {0,  3,         CAP_SLOTS - 1,    CAP_SLOTS,
                                     -1, INT64_MAX, INT64_C(1) << 32, INT64_MIN};
#define DEAD_SLOTS (sizeof(dead_slots) / sizeof(dead_slots[0]))

START_TEST(self_test) {
    uint32_t objects = 0;
    for (size_t i = 0; i < CALL_COUNT; i++) objects += calls[i].first.rule == RULE_CAP;
    ck_assert_uint_eq(gate_self_test(), objects);
    ck_assert_uint_gt(objects, 5);
}
END_TEST

START_TEST(all_calls_exist) {
    uint8_t all[SYSCALL_MAX] = {0};
    for (size_t i = 0; i < CALL_COUNT; i++) all[calls[i].number] = 1;
    ck_assert_mem_eq(gate_all_calls(), all, SYSCALL_MAX);
}
END_TEST

// Whether 0 means something else than a handle: the calling thread.
static bool takes_no_handle(size_t index) {
    return calls[index].number == SYS_thread_setschedparam ||
           calls[index].number == SYS_thread_getschedparam;
}

START_TEST(empty_table) {
    for (size_t i = 0; i < CALL_COUNT; i++)
        for (size_t j = takes_no_handle(i); calls[i].first.rule != RULE_NONE && j < DEAD_SLOTS; j++)
            ck_assert_msg(call(calls[i].number, (uint64_t)dead_slots[j], 1, 1) == -EBADF,
                          "%s of slot %ld", calls[i].name, (long)dead_slots[j]);
    ck_assert_uint_eq(process->syscalls_denied, 0);
}
END_TEST

// Every type and some rights: none, one at a time, all, all but one.
#define TRIED_RIGHTS 9
static const uint32_t tried_rights[TRIED_RIGHTS] = {
    0,
    CAP_READ,
    CAP_WRITE,
    CAP_EXEC,
    CAP_GRANT,
    ALL_RIGHTS,
    ALL_RIGHTS & ~CAP_READ,
    ALL_RIGHTS & ~CAP_WRITE,
    ALL_RIGHTS & ~(CAP_READ | CAP_WRITE),
};

static int mint_of_type(uint32_t type, uint32_t rights) {
    struct object *object = test_object(test_type_of_code(type));
    return cap_space_mint(&process->capabilities, object, rights, 0);
}

// What the table says about a handle: the slot is checked before the type, that before the rights.
static int64_t expected(const struct rule *rule, uint32_t type, uint32_t rights) {
    if (rule->type != type) return -EINVAL;
    return (rights & rule->rights) == rule->rights ? 0 : -ENOTCAPABLE;
}

// A refusal leaves every other argument alone, bad as these are. What is allowed is only pinned
// here, since the objects are made up: programs use the real ones.
static void check_handle(size_t index, int slot, int64_t result) {
    const struct rule *rule = &calls[index].first;
    if (result < 0) {
        ck_assert_msg(call(calls[index].number, (uint64_t)slot, UINT64_MAX, UINT64_MAX) == result,
                      "%s, expected %ld", calls[index].name, (long)result);
    } else {
        struct cap_ref pin;
        ck_assert_int_eq(
            cap_space_pin(&process->capabilities, slot, rule->type, rule->rights, &pin), 0);
        cap_ref_release(&pin);
    }
    ck_assert_uint_eq(process->capabilities.slots[slot].object->count, 1);
}

START_TEST(rights_matrix) {
    uint32_t allowed = 0, refused = 0;
    for (uint32_t type = CAP_TYPE_NONE + 1; type < CAP_TYPE_END; type++) {
        for (int k = 0; k < TRIED_RIGHTS; k++) {
            int slot = mint_of_type(type, tried_rights[k]);
            for (size_t i = 0; i < CALL_COUNT; i++) {
                if (calls[i].first.rule != RULE_CAP) continue;
                int64_t result = expected(&calls[i].first, type, tried_rights[k]);
                check_handle(i, slot, result);
                ++*(result ? &refused : &allowed);
            }
            ck_assert_int_eq(call(SYS_close, (uint64_t)slot, 0, 0), 0);
        }
    }
    ck_assert_uint_gt(allowed, 50);
    ck_assert_uint_gt(refused, 1000);
}
END_TEST

// What calls on the table itself answer for a slot of this type with these rights, 0: success. READ
// and WRITE are nothing to them. A transfer is tried to oneself, which is refused late.
static int64_t expected_of_table_call(uint64_t number, uint32_t type, uint32_t rights) {
    bool may_dup = type != CAP_TYPE_THREAD && type != CAP_TYPE_DELEGATE;
    switch (number) {
    case SYS_dup:
    case SYS_dup2: return may_dup ? 0 : -EINVAL;
    case SYS_cap_get_token: return type == CAP_TYPE_QUEUE ? 0 : -EINVAL;
    case SYS_cap_transfer: return rights & CAP_GRANT ? -EINVAL : -EACCES;
    case SYS_cap_revoke_delegate: return -EBADF;
    case SYS_thread_join: return -EINVAL;
    default: return 0;
    }
}

static void check_table_call(uint64_t number, int slot, uint64_t second, int64_t result) {
    struct cap_space *table = &process->capabilities;
    uint32_t live = cap_space_count_live(table);
    bool takes_token = number == SYS_cap_transfer || number == SYS_cap_drop ||
                       number == SYS_cap_revoke_delegate || number == SYS_thread_join;
    int64_t first = takes_token ? cap_slot_token_locked(table, &table->slots[slot]) : slot;
    int64_t answer = call(number, (uint64_t)first, second, CAP_READ);
    ck_assert_msg(result ? answer == result : answer >= 0, "call %lu on slot %d: %ld, not %ld",
                  number, slot, (long)answer, (long)result);
    if (result) ck_assert_uint_eq(cap_space_count_live(table), live);
    if (!result && (number == SYS_dup || number == SYS_dup2)) {
        ck_assert_uint_eq(table->slots[answer].rights, table->slots[slot].rights);
        ck_assert_int_eq(call(SYS_close, (uint64_t)answer, 0, 0), 0);
    }
}

START_TEST(table_calls_matrix) {
    const uint64_t tried[][2] = {{SYS_dup, 0},
                                 {SYS_dup2, 50},
                                 {SYS_cap_get_token, CAP_TYPE_QUEUE},
                                 {SYS_cap_setflags, CAP_CLOSE_ON_SPAWN},
                                 {SYS_cap_stat, USER_BASE},
                                 {SYS_cap_transfer, (uint64_t)process->pid},
                                 {SYS_cap_revoke_delegate, 0},
                                 {SYS_thread_join, 0},
                                 {SYS_cap_drop, 0}}; // the last: then the slot is dead
    for (uint32_t type = CAP_TYPE_NONE + 1; type < CAP_TYPE_END; type++) {
        for (int k = 0; k < TRIED_RIGHTS; k++) {
            int slot = mint_of_type(type, tried_rights[k]);
            for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
                int64_t result = expected_of_table_call(tried[i][0], type, tried_rights[k]);
                // Programs try these on real grants and threads.
                if (tried[i][0] == SYS_cap_revoke_delegate && type == CAP_TYPE_DELEGATE) continue;
                if (tried[i][0] == SYS_thread_join && type == CAP_TYPE_THREAD) continue;
                check_table_call(tried[i][0], slot, tried[i][1], result);
            }
            ck_assert_int_eq(call(SYS_close, (uint64_t)slot, 0, 0), -EBADF);
        }
    }
    ck_assert_uint_eq(test_objects_live(), 0);
}
END_TEST

// The second handle is looked at when the first is right, and the first is let go if it is wrong.
START_TEST(second_handle) {
    uint32_t tried = 0;
    for (size_t i = 0; i < CALL_COUNT; i++) {
        const struct rule *second = &calls[i].second;
        if (second->rule != RULE_CAP) continue;
        int first = mint_of_type(calls[i].first.type, calls[i].first.rights);
        ck_assert_int_eq(call(calls[i].number, (uint64_t)first, 60, 0), -EBADF);
        for (uint32_t type = CAP_TYPE_NONE + 1; type < CAP_TYPE_END; type++) {
            int slot = mint_of_type(type, ALL_RIGHTS & ~second->rights);
            int64_t result = expected(second, type, ALL_RIGHTS & ~second->rights);
            ck_assert_int_eq(call(calls[i].number, (uint64_t)first, (uint64_t)slot, 0), result);
            ck_assert_int_eq(call(SYS_close, (uint64_t)slot, 0, 0), 0);
        }
        ck_assert_uint_eq(process->capabilities.slots[first].object->count, 1);
        tried++;
    }
    ck_assert_uint_ge(tried, 1);
}
END_TEST

START_TEST(revoked_means_dead) {
    for (uint32_t type = CAP_TYPE_NONE + 1; type < CAP_TYPE_END; type++) {
        struct grant *grant = grant_create();
        int slot = mint_of_type(type, ALL_RIGHTS);
        process->capabilities.slots[slot].grant = grant;
        __atomic_store_n(&grant->revoked, 1, __ATOMIC_RELEASE);
        for (size_t i = 0; i < CALL_COUNT; i++)
            if (calls[i].first.rule != RULE_NONE && !(takes_no_handle(i) && slot == 0))
                ck_assert_msg(call(calls[i].number, (uint64_t)slot, 0, 0) == -EBADF,
                              "%s of a revoked slot", calls[i].name);
    }
}
END_TEST

// ---- Numbers and the allow-list ----------------------------------------------------------------

static const uint8_t no_calls[SYSCALL_MAX];

static void allow_calls(const uint8_t *list) {
    memcpy(process->syscalls_allowed, list, SYSCALL_MAX);
}

START_TEST(missing_calls) {
    static const uint64_t numbers[] = {
        0, 127, 128, 129, 256, UINT64_C(1) << 32 | SYS_getpid, UINT64_MAX, INT64_MAX};
    for (int allowed = 0; allowed < 2; allowed++) {
        allow_calls(allowed ? gate_all_calls() : no_calls);
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
            ck_assert_int_eq(call(numbers[i], 0, 0, 0), -ENOSYS);
    }
    ck_assert_uint_eq(process->syscalls_denied, 0);
}
END_TEST

START_TEST(allow_list) {
    uint64_t denied = 0;
    mint(&process->capabilities, ALL_RIGHTS);
    for (size_t i = 0; i < CALL_COUNT; i++) {
        allow_calls(gate_all_calls());
        process->syscalls_allowed[calls[i].number] = 0;
        ck_assert_int_eq(call(calls[i].number, 0, 0, 0), -EPERM); // before the gate
        ck_assert_uint_eq(process->syscalls_denied, ++denied);
        ck_assert_int_eq(calls[i].number == SYS_getpid ? 1 : call(SYS_getpid, 0, 0, 0), 1);
    }
    allow_calls(no_calls);
    process->syscalls_allowed[SYS_getpid] = 1;
    ck_assert_int_eq(call(SYS_getpid, 0, 0, 0), process->pid);
    ck_assert_uint_eq(process->syscalls_denied, denied);
}
END_TEST

// ---- Pins --------------------------------------------------------------------------------------

static int64_t counted_read(struct file *file, const struct cap_ref *ref, uint64_t buffer,
                            size_t size) {
    ck_assert_ptr_eq(ref->object, &file->object);
    ck_assert_uint_eq(file->object.count, 2); // slot and pin
    // The slot may go while the call runs; the object stays to its end.
    ck_assert_int_eq(cap_space_close_slot(&process->capabilities, 0), 0);
    ck_assert_uint_eq(file->object.count, 1);
    return buffer == 1 ? -EIO : (int64_t)size;
}

static uint32_t released;

static void note_release(struct file *file) {
    (void)file;
    released++;
}

static const struct file_operations counted = {.read = counted_read, .release = note_release};

START_TEST(pins_last_for_one_call) {
    for (uint64_t failing = 0; failing < 2; failing++) {
        struct file *file = file_create(&counted, O_RDONLY, NULL);
        ck_assert_int_eq(cap_space_mint(&process->capabilities, &file->object, CAP_READ, 0), 0);
        ck_assert_int_eq(call(SYS_read, 0, failing, 7), failing ? -EIO : 7);
        ck_assert_uint_eq(released, failing + 1);
    }
}
END_TEST

START_TEST(closed_means_closed) {
    int file = mint(&process->capabilities, ALL_RIGHTS);
    ck_assert_int_eq(call(SYS_dup, (uint64_t)file, 0, 0), 1);
    ck_assert_int_eq(call(SYS_dup2, 1, 40, 0), 40);
    ck_assert_int_eq(call(SYS_close, 0, 0, 0), 0);
    ck_assert_int_eq(call(SYS_close, 0, 0, 0), -EBADF);
    int64_t token = call(SYS_cap_get_token, 40, CAP_TYPE_FILE, 0);
    ck_assert_int_eq(call(SYS_cap_drop, (uint64_t)token, 0, 0), 0);
    ck_assert_int_eq(call(SYS_cap_drop, (uint64_t)token, 0, 0), -EBADF);
    ck_assert_uint_eq(test_objects_live(), 1);
    ck_assert_int_eq(call(SYS_close, 1, 0, 0), 0);
    ck_assert_uint_eq(test_objects_live(), 0);
}
END_TEST

// ---- Whatever the arguments are ----------------------------------------------------------------

// Those that neither end nor start something nor wait, nor give up calls.
static bool may_be_tried(size_t index) {
    uint64_t number = calls[index].number;
    return number > SYS_wait && number != SYS_kill && number != SYS_yield &&
           number != SYS_deny_calls && number != SYS_thread_create && number != SYS_thread_exit &&
           !strchr(calls[index].letters, 'd');
}

static uint64_t random_argument(void) {
    switch (test_random(6)) {
    case 0: return test_random(8);
    case 1: return USER_BASE + test_random(USER_SIZE);
    case 2: return USER_BASE + USER_SIZE - test_random(40);
    case 3: return (uint64_t)test_random(1u << 31) << test_random(34);
    case 4: return UINT64_MAX - test_random(300);
    default: return USER_ADDRESS_MAX - test_random(5000);
    }
}

START_TEST(random_arguments) {
    for (int round = 0; round < 30000; round++) {
        const size_t index = test_random(CALL_COUNT);
        const uint64_t number = calls[index].number;
        // Files that reads and writes may name, but pipes, which would wait.
        if (round % 64 == 0)
            call(SYS_open, USER_BASE + test_random(USER_SIZE), random_argument(), 0);
        if (may_be_tried(index) && number != SYS_pipe)
            call(number, random_argument(), random_argument(), random_argument());
    }
    // It still works as a process does.
    ck_assert_int_eq(call(SYS_getpid, 0, 0, 0), process->pid);
    for (int slot = 0; slot < CAP_SLOTS_ORDINARY; slot++) call(SYS_close, (uint64_t)slot, 0, 0);
    ck_assert_uint_eq(object_count_live(), 0);
}
END_TEST

Suite *gate_suite(void) {
    Suite *suite = suite_create("gate");
    add_case(suite, "table", setup, NULL, self_test, all_calls_exist, empty_table, rights_matrix,
             table_calls_matrix, second_handle, revoked_means_dead);
    add_case(suite, "numbers", setup, NULL, missing_calls, allow_list);
    add_case(suite, "pins", setup, NULL, pins_last_for_one_call, closed_means_closed);
    add_case(suite, "arguments", setup, NULL, random_arguments);
    return suite;
}
