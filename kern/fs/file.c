// SPDX-License-Identifier: MIT
// The FILE object type: memory for open file descriptions, and what the capability table needs to
// know of them. Files are counted by their objects; no lock here.

#include "fs/file.h"
#include "cap/account.h"
#include "lib/print.h"
#include "mem/object_cache.h"

static struct object_cache file_cache;

static void file_destroy(struct object *object) {
    struct file *file = file_of_object(object);
    file->operations->release(file);
    object_free(object);
}

static void file_settle(struct object *object) {
    struct file *file = file_of_object(object);
    if (file->operations->settle) file->operations->settle(file);
}

static void file_describe(const struct object *object, char *name, size_t size) {
    const struct file *file = container_of(object, struct file, object);
    file->operations->describe(file, name, size);
}

static const struct object_type file_type = {
    .name = "file",
    .cache = &file_cache,
    .code = CAP_TYPE_FILE,
    .rights = CAP_READ | CAP_WRITE | CAP_GRANT,
    .may_dup = true,
    .may_transfer = true,
    .destroy = file_destroy,
    .settle = file_settle,
    .describe = file_describe,
};

void file_init(void) {
    object_cache_init(&file_cache, "file", sizeof(struct file));
    object_type_register(&file_type);
}

struct file *file_create(const struct file_operations *operations, uint32_t flags, void *target) {
    struct object *object = object_create(&file_type, account_current());
    if (!object) return NULL;
    struct file *file = file_of_object(object);
    file->operations = operations;
    file->flags = flags;
    file->target = target;
    return file;
}

uint32_t file_rights_of_flags(uint32_t flags) {
    uint32_t mode = flags & O_ACCMODE;
    uint32_t rights = flags & O_GRANT ? CAP_GRANT : 0;
    if (mode == O_RDONLY || mode == O_RDWR) rights |= CAP_READ;
    if (mode == O_WRONLY || mode == O_RDWR) rights |= CAP_WRITE;
    return rights;
}
