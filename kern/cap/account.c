// SPDX-License-Identifier: MIT
// Accounts, and the walk that compares the ledger with what really exists.

#include "cap/account.h"
#include "cap/object.h"
#include "lib/print.h"
#include "mem/address_space.h"
#include "mem/object_cache.h"

static struct account root;
static struct object_cache account_cache;
static struct spinlock list_lock = SPINLOCK_INIT(LOCK_ACCOUNTS);
static struct list all; // under the lock
static uint64_t last_id = 1;

struct account *account_root(void) {
    return &root;
}

static bool charge_pages(struct account *account, int64_t pages) {
    if (pages >= 0) return account_charge(account, ACCOUNT_PAGES, (uint64_t)pages);
    account_release(account, ACCOUNT_PAGES, (uint64_t)-pages);
    return true;
}

void account_init(void) {
    object_cache_init(&account_cache, "account", sizeof(struct account));
    address_space_set_charge(charge_pages);
    root = (struct account){.references = 1, .id = 1};
    for (uint32_t i = 0; i < ACCOUNT_RESOURCES; i++) root.limit[i] = ACCOUNT_NO_LIMIT;
    list_init(&all);
    list_push_back(&all, &root.node);
}

struct account *account_create(struct account *parent, const uint64_t limit[ACCOUNT_RESOURCES]) {
    if (parent->depth == ACCOUNT_DEPTH) return NULL;
    struct account *account = object_cache_alloc(&account_cache);
    if (!account) return NULL;
    *account = (struct account){.parent = parent, .references = 1, .depth = parent->depth + 1};
    for (uint32_t i = 0; i < ACCOUNT_RESOURCES; i++)
        account->limit[i] = limit[i] ? limit[i] : ACCOUNT_NO_LIMIT;
    account_get(parent);
    spinlock_acquire(&list_lock);
    account->id = ++last_id;
    list_push_back(&all, &account->node);
    spinlock_release(&list_lock);
    return account;
}

void account_get(struct account *account) {
    if (account) __atomic_fetch_add(&account->references, 1, __ATOMIC_RELAXED);
}

void account_put(struct account *account) {
    while (account && __atomic_sub_fetch(&account->references, 1, __ATOMIC_ACQ_REL) == 0) {
        struct account *parent = account->parent;
        for (uint32_t i = 0; i < ACCOUNT_RESOURCES; i++) kassert(account->used[i] == 0);
        spinlock_acquire(&list_lock);
        list_remove(&account->node);
        spinlock_release(&list_lock);
        object_cache_free(&account_cache, account);
        account = parent;
    }
}

// ---- Charging ----------------------------------------------------------------------------------

static bool charge_one(struct account *account, uint32_t resource, uint64_t amount) {
    uint64_t used = __atomic_load_n(&account->used[resource], __ATOMIC_RELAXED);
    do {
        if (amount > account->limit[resource] - used) return false;
    } while (!__atomic_compare_exchange_n(&account->used[resource], &used, used + amount, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}

static void release_up_to(struct account *account, const struct account *end, uint32_t resource,
                          uint64_t amount) {
    for (; account != end; account = account->parent) {
        uint64_t before = __atomic_fetch_sub(&account->used[resource], amount, __ATOMIC_RELAXED);
        kassert(before >= amount);
    }
}

bool account_charge(struct account *account, uint32_t resource, uint64_t amount) {
    for (struct account *at = account; at; at = at->parent) {
        if (charge_one(at, resource, amount)) continue;
        release_up_to(account, at, resource, amount);
        return false;
    }
    return true;
}

void account_release(struct account *account, uint32_t resource, uint64_t amount) {
    release_up_to(account, NULL, resource, amount);
}

bool account_charge_kernel_pages(struct account *account, uint64_t pages) {
    if (!account_charge(account, ACCOUNT_PAGES, pages)) return false;
    if (account) __atomic_fetch_add(&account->kernel_pages, pages, __ATOMIC_RELAXED);
    return true;
}

void account_release_kernel_pages(struct account *account, uint64_t pages) {
    if (account) __atomic_fetch_sub(&account->kernel_pages, pages, __ATOMIC_RELAXED);
    account_release(account, ACCOUNT_PAGES, pages);
}

void account_get_info(const struct account *account, struct account_info *info) {
    *info = (struct account_info){.id = account->id,
                                  .parent = account->parent ? account->parent->id : 0};
    for (uint32_t i = 0; i < ACCOUNT_RESOURCES; i++) {
        info->used[i] = __atomic_load_n(&account->used[i], __ATOMIC_RELAXED);
        info->limit[i] = account->limit[i];
    }
}

// ---- The recount -------------------------------------------------------------------------------

void account_recount_begin(void) {
    spinlock_acquire(&list_lock);
    list_for_each(node, &all) {
        struct account *account = container_of(node, struct account, node);
        for (uint32_t i = 0; i <= ACCOUNT_OBJECTS; i++) account->counted[i] = 0;
    }
    list_for_each(node, &all) {
        struct account *account = container_of(node, struct account, node);
        account_recount_add(account, ACCOUNT_PAGES, account->kernel_pages);
    }
    spinlock_release(&list_lock);
}

void account_recount_add(struct account *account, uint32_t resource, uint64_t amount) {
    for (; account; account = account->parent) account->counted[resource] += amount;
}

static bool agrees(const struct account *account, uint32_t resource, uint64_t counted,
                   struct account_difference *difference) {
    uint64_t charged = __atomic_load_n(&account->used[resource], __ATOMIC_RELAXED);
    if (charged == counted) return true;
    *difference = (struct account_difference){
        .id = account->id, .resource = resource, .charged = charged, .counted = counted};
    return false;
}

bool account_recount_agrees(struct account_difference *difference) {
    bool result = true;
    spinlock_acquire(&list_lock);
    list_for_each(node, &all) {
        const struct account *account = container_of(node, struct account, node);
        for (uint32_t i = 0; result && i <= ACCOUNT_OBJECTS; i++)
            result = agrees(account, i, account->counted[i], difference);
    }
    spinlock_release(&list_lock);
    // Who an object is charged to is written in it; that all are charged shows in the root.
    for (uint32_t code = CAP_TYPE_NONE + 1; result && code < CAP_TYPE_END; code++) {
        const struct object_type *type = object_type_of_code(code);
        if (type) result = agrees(&root, ACCOUNT_OBJECTS + code, type->cache->live, difference);
    }
    return result;
}
