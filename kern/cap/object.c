// SPDX-License-Identifier: MIT
// Objects: the type registry, written at boot only, and atomic reference counts.

#include "cap/object.h"
#include "cap/account.h"
#include "lib/print.h"
#include "mem/object_cache.h"
#include "sync/lock.h"

static const struct object_type *types[CAP_TYPE_END];
static uint64_t last_id;    // atomic
static uint64_t live_count; // atomic

void object_type_register(const struct object_type *type) {
    kassert(type->code > CAP_TYPE_NONE && type->code < CAP_TYPE_END);
    kassert(types[type->code] == NULL || types[type->code] == type);
    types[type->code] = type;
}

const struct object_type *object_type_of_code(uint32_t code) {
    return code < CAP_TYPE_END ? types[code] : NULL;
}

void object_init(struct object *object, const struct object_type *type) {
    object->type = type;
    object->account = NULL;
    object->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
    object->count = 1;
    __atomic_fetch_add(&live_count, 1, __ATOMIC_RELAXED);
}

struct object *object_create(const struct object_type *type, struct account *account) {
    if (!account_charge(account, ACCOUNT_OBJECTS + type->code, 1)) return NULL;
    struct object *object = object_cache_alloc(type->cache);
    if (!object) {
        account_release(account, ACCOUNT_OBJECTS + type->code, 1);
        return NULL;
    }
    object_init(object, type);
    object->account = account;
    account_get(account);
    return object;
}

void object_free(struct object *object) {
    struct account *account = object->account;
    uint32_t code = object->type->code;
    object_cache_free(object->type->cache, object);
    account_release(account, ACCOUNT_OBJECTS + code, 1);
    account_put(account);
}

void object_count_is_wrong(const struct object *object) {
    panic("the count of a %s object is wrong: %d", object->type->name, (int)object->count);
}

void object_destroy(struct object *object) {
    if (__atomic_load_n(&object->count, __ATOMIC_RELAXED) != 0) object_count_is_wrong(object);
    spinlock_assert_none_held();
    __atomic_fetch_sub(&live_count, 1, __ATOMIC_RELAXED);
    object->type->destroy(object);
}

uint64_t object_count_live(void) { return __atomic_load_n(&live_count, __ATOMIC_RELAXED); }
