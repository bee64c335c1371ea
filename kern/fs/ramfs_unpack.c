// SPDX-License-Identifier: MIT
// Unpacks a ustar archive (POSIX.1, pax: ustar interchange format) into the in-memory file system.
// The archive is not trusted. Each file is complete before its name appears; directories are locked
// one at a time.

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "fs/ramfs.h"
#include "fs/ramfs_internal.h"
#include "lib/string.h"

#define BLOCK_SIZE     512
#define TYPE_REGULAR   '0'
#define TYPE_OLD       '\0' // also a regular file
#define TYPE_DIRECTORY '5'

struct ustar_header {
    char name[100];
    char mode[8];
    char owner[8];
    char group[8];
    char size[12];
    char modified[12];
    char checksum[8];
    char type;
    char link_name[100];
    char magic[6];
    char version[2];
    char owner_name[32];
    char group_name[32];
    char device_major[8];
    char device_minor[8];
    char prefix[155];
    char padding[12];
};
_Static_assert(sizeof(struct ustar_header) == BLOCK_SIZE, "a header fills one block");

#define MEMBER_PATH_MAX 257 // prefix, slash, name, zero

// A member of the archive, checked.
struct member {
    char path[MEMBER_PATH_MAX];
    bool is_directory;
    uint64_t size;
    uint64_t blocks; // with its header
    const char *contents;
};

// An octal number with spaces before and a space or zero byte behind, unless it fills the field.
static bool parse_octal(const char *field, size_t size, uint64_t *number) {
    size_t i = 0;
    while (i < size && field[i] == ' ') i++;
    size_t first = i;
    uint64_t value = 0;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
        value = value * 8 + (uint64_t)(field[i] - '0');
    *number = value;
    return i > first && (i == size || field[i] == ' ' || field[i] == 0);
}

// The sum of the header's bytes, its checksum field taken as spaces.
static bool checksum_is_right(const struct ustar_header *header) {
    const unsigned char *bytes = (const unsigned char *)header;
    uint64_t sum = 0, expected;
    for (size_t i = 0; i < BLOCK_SIZE; i++) sum += bytes[i];
    for (size_t i = 0; i < sizeof(header->checksum); i++)
        sum += ' ' - (uint64_t)(unsigned char)header->checksum[i];
    return parse_octal(header->checksum, sizeof(header->checksum), &expected) && sum == expected;
}

static bool block_is_zero(const char *block) {
    for (size_t i = 0; i < BLOCK_SIZE; i++)
        if (block[i] != 0) return false;
    return true;
}

// Puts prefix and name together. Neither has to be terminated.
static void member_set_path(struct member *member, const struct ustar_header *header) {
    size_t length = strnlen(header->prefix, sizeof(header->prefix));
    memcpy(member->path, header->prefix, length);
    if (length > 0) member->path[length++] = '/';
    size_t name_length = strnlen(header->name, sizeof(header->name));
    memcpy(member->path + length, header->name, name_length);
    member->path[length + name_length] = 0;
}

// Finds the next name of a path, with slashes and "." left out; length 0 at the end.
static const char *next_name(const char *path, size_t *length) {
    for (;; path += *length) {
        while (*path == '/') path++;
        *length = 0;
        while (path[*length] && path[*length] != '/') ++*length;
        if (*length != 1 || path[0] != '.') return path;
    }
}

// Whether a path stays below the root, and ends in a name unless it is a directory's.
static bool member_path_is_good(const struct member *member) {
    size_t length;
    const char *end = member->path;
    for (;; end += length) {
        end = next_name(end, &length);
        if (length == 0) return member->is_directory;
        if (length > NAME_MAX || (length == 2 && end[0] == '.' && end[1] == '.')) return false;
        if (end[length] == 0) return true;
    }
}

// Decodes the member whose header is at `archive`, of which `size` bytes are left.
static bool member_parse(struct member *member, const char *archive, size_t size) {
    const struct ustar_header *header = (const struct ustar_header *)archive;
    if (memcmp(header->magic, "ustar", sizeof(header->magic)) != 0 ||
        memcmp(header->version, "00", sizeof(header->version)) != 0 || !checksum_is_right(header))
        return false;
    if (header->type != TYPE_REGULAR && header->type != TYPE_OLD && header->type != TYPE_DIRECTORY)
        return false;
    if (!parse_octal(header->size, sizeof(header->size), &member->size)) return false;
    member->is_directory = header->type == TYPE_DIRECTORY;
    member->blocks = 1 + (member->size + BLOCK_SIZE - 1) / BLOCK_SIZE;
    member->contents = archive + BLOCK_SIZE;
    if (member->blocks > size / BLOCK_SIZE || (member->is_directory && member->size > 0))
        return false;
    member_set_path(member, header);
    return member_path_is_good(member);
}

// Replaces the reference *at by one to the directory of this name in it, made if it is missing.
static int enter_directory(struct inode **at, const char *name, size_t length) {
    struct inode *directory = *at, *next;
    sleep_lock_acquire(&directory->lock);
    int error = ramfs_lookup(directory, name, length, &next);
    if (error == -ENOENT)
        error = directory->operations->create(directory, name, length, FILE_KIND_DIRECTORY, &next);
    sleep_lock_release(&directory->lock);
    if (error) return error;
    inode_put(directory);
    *at = next;
    return next->kind == FILE_KIND_DIRECTORY ? 0 : -EINVAL;
}

static int add_file(struct inode *directory, const char *name, size_t length,
                    const struct member *member) {
    struct inode *inode = ramfs_inode_create(FILE_KIND_REGULAR), *found;
    if (!inode) return -ENOMEM;
    int error = ramfs_fill(inode, member->contents, member->size);
    if (!error) {
        sleep_lock_acquire(&directory->lock);
        error = ramfs_lookup(directory, name, length, &found);
        if (error == -ENOENT) {
            error = ramfs_name(directory, name, length, inode);
        } else if (!error) {
            inode_put(found);
            error = -EINVAL; // a member twice
        }
        sleep_lock_release(&directory->lock);
    }
    inode_put(inode);
    return error;
}

// Adds a member and the directories above it. With `only`, a name, those alone that lie in the
// directory of this name, which is then the root.
static int member_add(struct inode *root, const struct member *member, const char *only) {
    struct inode *at = root;
    int error = 0;
    size_t length, next_length;
    const char *name = next_name(member->path, &length);
    if (only) {
        if (length != strlen(only) || memcmp(name, only, length) != 0) return 0;
        name = next_name(name + length, &length);
    }
    inode_get(at);
    while (!error && length > 0) {
        const char *next = next_name(name + length, &next_length);
        if (next_length > 0 || member->is_directory)
            error = enter_directory(&at, name, length);
        else
            error = add_file(at, name, length, member);
        name = next;
        length = next_length;
    }
    inode_put(at);
    return error;
}

// Whether the archive ends here, as it should, with two blocks of zeros.
static bool is_end(const char *archive) {
    return block_is_zero(archive) && block_is_zero(archive + BLOCK_SIZE);
}

int ramfs_unpack(struct inode *root, const void *archive, size_t size, const char *only,
                 size_t *bad_offset) {
    const char *bytes = archive;
    size_t offset = 0;
    int error = -EINVAL;
    while (size - offset >= 2 * BLOCK_SIZE) {
        if (is_end(bytes + offset)) return 0;
        struct member member;
        bool good = member_parse(&member, bytes + offset, size - offset);
        error = good ? member_add(root, &member, only) : -EINVAL;
        if (error) break;
        error = -EINVAL; // unless an end follows
        offset += member.blocks * BLOCK_SIZE;
    }
    *bad_offset = offset;
    return error == -EINVAL ? -EINVAL : -ENOMEM;
}
