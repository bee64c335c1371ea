// SPDX-License-Identifier: MIT
// Transfer and revocation between processes on several CPUs: whatever they do at the same time,
// nothing is left under a grant once its revocation has returned (P6), no lock order is wrong
// (P10), and in the end every object is gone (P9). Kernel threads play the processes.
#include <check.h>
#include <string.h>

#include "kernel.h"
#include "abi/errno.h"
#include "cap/delegation.h"
#include "cap/pin.h"
#include "cap_objects.h"
#include "mem/uaccess.h"
#include "proc/tree.h"

#define PLAYERS   4
#define STEPS     1500
#define TOKENS    16
#define USER_BASE UINT64_C(0x400000)

struct player {
    struct user_thread user;
    struct process *process;
    cap_token delegates[TOKENS]; // of its own grants; 0: none
    uint64_t epochs[TOKENS];
    uint32_t random;
    bool done; // atomic
};

static struct player players[PLAYERS];

static uint32_t pick(struct player *player, uint32_t count) {
    player->random = player->random * 1103515245 + 12345;
    return (player->random >> 16) % count;
}

static struct process *make_process(void) {
    int error;
    struct process *process = process_create(account_root(), &error);
    require(process);
    process->state = PROCESS_ALIVE;
    process->parent = process;
    process->space = address_space_create(NULL);
    require(process->space);
    require(address_space_add_region(process->space, USER_BASE, USER_BASE + PAGE_SIZE,
                                     PTE_READ | PTE_WRITE) == 0);
    return process;
}

static void become(struct player *player) {
    player->user.process = player->process;
    thread_current()->owner = &player->user;
    address_space_activate(player->process->space);
}

// ---- What a player does ------------------------------------------------------------------------

static int64_t random_slot(struct player *player) {
    return pick(player, 2) ? pick(player, 12) : CAP_SLOTS_ORDINARY - 1 - pick(player, 12);
}

static void mint_one(struct player *player) {
    struct object *object = test_object(&test_file_type);
    if (cap_space_mint(&player->process->capabilities, object, CAP_READ | CAP_GRANT, 0) < 0)
        object_put(object);
}

static uint64_t epoch_of(struct player *player, cap_token delegate) {
    struct grant *grant = cap_delegate_of_token(&player->process->capabilities, delegate);
    uint64_t epoch = grant->object.id;
    grant_put(grant);
    return epoch;
}

static void transfer_one(struct player *player) {
    struct cap_space *table = &player->process->capabilities;
    const struct player *receiver = &players[pick(player, PLAYERS)];
    uint32_t place = pick(player, TOKENS);
    int64_t token = cap_space_get_token(table, random_slot(player), CAP_TYPE_FILE);
    if (token < 0 || player->delegates[place]) return;
    int64_t result = process_transfer(token, receiver->process->pid, CAP_READ, USER_BASE);
    if (result < 0) {
        // A slot may have been taken from it by a revocation since.
        require(result == -EACCES || result == -EINVAL || result == -EMFILE || result == -EBADF);
        return;
    }
    int32_t slot;
    require(copy_from_user(&slot, USER_BASE, sizeof(slot)) == 0);
    require(slot >= 0 && slot < CAP_SLOTS_ORDINARY);
    player->delegates[place] = result;
    player->epochs[place] = epoch_of(player, result);
}

// No slot of any process, finished or under construction, is under the grant.
static void check_nothing_left(uint64_t epoch) {
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        spinlock_acquire(&process_tree_lock);
        struct process *process = process_at_any_state_locked(i);
        if (process) {
            struct cap_space *table = &process->capabilities;
            spinlock_acquire(&table->lock);
            for (int slot = 0; slot < CAP_SLOTS; slot++)
                require(!table->slots[slot].grant || table->slots[slot].grant->object.id != epoch);
            spinlock_release(&table->lock);
        }
        spinlock_release(&process_tree_lock);
    }
}

static void revoke_one(struct player *player) {
    uint32_t place = pick(player, TOKENS);
    cap_token token = player->delegates[place];
    if (!token) return;
    require(process_revoke(token) == 0);
    require(process_revoke(token) == -EBADF);
    check_nothing_left(player->epochs[place]);
    player->delegates[place] = 0;
}

static void drop_one(struct player *player) {
    uint32_t place = pick(player, TOKENS);
    if (!player->delegates[place]) return;
    require(cap_space_drop(&player->process->capabilities, player->delegates[place]) == 0);
    player->delegates[place] = 0;
}

// Closing a delegate's slot would make the player's list wrong; everything else may go.
static void close_one(struct player *player) {
    struct cap_space *table = &player->process->capabilities;
    int64_t slot = random_slot(player);
    int64_t token = cap_space_get_token(table, slot, CAP_TYPE_FILE);
    if (token > 0) cap_space_drop(table, token);
}

static void hold_one(struct player *player) {
    struct cap_ref ref;
    if (cap_space_pin(&player->process->capabilities, random_slot(player), CAP_TYPE_FILE, 0, &ref))
        return;
    thread_yield();
    require(object_count(ref.object) >= 1);
    cap_ref_release(&ref);
}

// A child that has its copy for a while.
static void fork_one(struct player *player) {
    int error;
    struct process *child = process_create(account_root(), &error);
    require(child);
    cap_space_fork(&child->capabilities, &player->process->capabilities);
    thread_yield();
    process_abandon(child);
}

static void play(void *context) {
    struct player *player = context;
    become(player);
    for (int i = 0; i < STEPS; i++) {
        switch (pick(player, 8)) {
        case 0: mint_one(player); break;
        case 1:
        case 2: transfer_one(player); break;
        case 3: revoke_one(player); break;
        case 4: pick(player, 4) ? close_one(player) : drop_one(player); break;
        case 5: cap_space_dup(&player->process->capabilities, random_slot(player)); break;
        case 6: hold_one(player); break;
        case 7: fork_one(player); break;
        }
    }
    process_revoke_all();
    require(cap_delegate_any(&player->process->capabilities) == -EBADF);
    address_space_activate(NULL);
    __atomic_store_n(&player->done, true, __ATOMIC_RELEASE);
}

static void check_storm(uint32_t seed) {
    for (uint32_t i = 0; i < PLAYERS; i++) {
        players[i] = (struct player){.random = seed * PLAYERS + i, .process = make_process()};
        cap_space_accept(&players[i].process->capabilities, CAP_ACCEPT_ANYBODY);
    }
    for (uint32_t i = 0; i < PLAYERS; i++)
        kernel_thread("player", PRIORITY_DEFAULT, play, &players[i]);
    for (uint32_t i = 0; i < PLAYERS; i++)
        while (!__atomic_load_n(&players[i].done, __ATOMIC_ACQUIRE))
            thread_sleep_until(clock_now() + NANOSECONDS_PER_MILLISECOND);
    for (uint32_t i = 0; i < PLAYERS; i++) process_abandon(players[i].process);
    require(test_objects_live() == 0);
    require(object_count_live() == 0);
}

// The flip alone: an operation that is under way finds out, though its slot was closed long ago.
KERNEL_TEST(flip_reaches_pins, 1) {
    struct cap_ref ref;
    int32_t slot;
    for (uint32_t i = 0; i < 2; i++) players[i] = (struct player){.process = make_process()};
    cap_space_accept(&players[1].process->capabilities, CAP_ACCEPT_ANYBODY);
    struct cap_space *receiver = &players[1].process->capabilities;
    become(&players[0]);
    mint_one(&players[0]);
    int64_t token = cap_space_get_token(&players[0].process->capabilities, 0, CAP_TYPE_FILE);
    int64_t delegate = process_transfer(token, players[1].process->pid, CAP_READ, USER_BASE);
    require(delegate > 0 && copy_from_user(&slot, USER_BASE, sizeof(slot)) == 0);
    require(cap_space_pin(receiver, slot, CAP_TYPE_FILE, CAP_READ, &ref) == 0);
    require(cap_space_close_slot(receiver, slot) == 0);
    require(cap_ref_is_live(&ref));
    require(process_revoke(delegate) == 0);
    require(!cap_ref_is_live(&ref));
    require(object_count(ref.object) == 2); // the giver's slot and the pin
    cap_ref_release(&ref);
    address_space_activate(NULL);
    for (uint32_t i = 0; i < 2; i++) process_abandon(players[i].process);
    require(object_count_live() == 0);
}

// The sweep alone: slots and references go, wherever a dup or a fork has carried them, though the
// grant was never flipped.
KERNEL_TEST(sweep_without_flip, 1) {
    struct cap_swept swept = {.count = 0};
    int32_t slot;
    int error;
    for (uint32_t i = 0; i < 2; i++) players[i] = (struct player){.process = make_process()};
    cap_space_accept(&players[1].process->capabilities, CAP_ACCEPT_ANYBODY);
    struct cap_space *giver = &players[0].process->capabilities;
    struct cap_space *receiver = &players[1].process->capabilities;
    become(&players[0]);
    mint_one(&players[0]);
    const struct object *object = giver->slots[0].object;
    int64_t token = cap_space_get_token(giver, 0, CAP_TYPE_FILE);
    int64_t delegate = process_transfer(token, players[1].process->pid, CAP_READ, USER_BASE);
    require(delegate > 0 && copy_from_user(&slot, USER_BASE, sizeof(slot)) == 0);
    int copy = cap_space_dup(receiver, slot);
    struct process *child = process_create(account_root(), &error);
    require(copy >= 0 && child && cap_space_fork(&child->capabilities, receiver) == 0);
    require(object_count(object) == 5);
    struct grant *grant = cap_delegate_of_token(giver, delegate);
    cap_space_sweep(receiver, grant, &swept);
    cap_space_sweep(&child->capabilities, grant, &swept);
    require(swept.count == 4 && grant_is_live(grant));
    cap_swept_release(&swept);
    require(object_count(object) == 1);         // the giver's slot
    require(object_count(&grant->object) == 2); // its handle, and this test
    require(receiver->slots[slot].generation == 1 && receiver->slots[copy].generation == 1);
    require(!cap_space_count_live(receiver) && !cap_space_count_live(&child->capabilities));
    grant_put(grant);
    address_space_activate(NULL);
    process_abandon(child);
    for (uint32_t i = 0; i < 2; i++) process_abandon(players[i].process);
    require(object_count_live() == 0);
}

KERNEL_TEST(storm_on_one_cpu, 1) { check_storm(1); }

KERNEL_TEST(storm_on_four_cpus, 4) {
    for (uint32_t seed = 2; seed < 5; seed++) check_storm(seed);
}

Suite *delegation_suite(void) {
    Suite *suite = suite_create("delegation");
    add_case(suite, "one CPU", NULL, NULL, flip_reaches_pins, sweep_without_flip, storm_on_one_cpu);
    TCase *threads = add_case(suite, "threads", NULL, NULL, storm_on_four_cpus);
    tcase_set_tags(threads, "threads");
    return suite;
}
