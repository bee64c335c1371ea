// SPDX-License-Identifier: MIT
// Files and byte patterns for tests. No shared state.
#include "../check.h"

#include <string.h>

void check_make_file(const char *path, const void *data, size_t size) {
    int64_t slot = NEED(sys(open, path, O_WRONLY | O_CREAT | O_TRUNC));
    check_write_all(slot, data, size);
    CHECK_EQUAL(sys(close, slot), 0);
}

// The deepest first names are removed until all are gone: directories may have been moved into each
// other.
void check_remove_tree(const char *top) {
    char path[PATH_MAX];
    struct directory_entry entry;
    while (strlcpy(path, top, sizeof(path)), sys(unlink, path) == -ENOTEMPTY) {
        int64_t slot;
        while ((slot = sys(open, path, O_RDONLY | O_DIRECTORY)) >= 0) {
            int64_t size = sys(read_directory, slot, &entry, sizeof(entry));
            sys(close, slot);
            if (size <= 0) break;
            strlcat(path, "/", sizeof(path));
            strlcat(path, entry.name, sizeof(path));
        }
        CHECK_EQUAL(sys(unlink, path), 0);
    }
}

void check_read_all(int64_t slot, void *data, size_t size) {
    for (size_t done = 0; done < size;) {
        int64_t count = NEED(sys(read, slot, (char *)data + done, size - done));
        CHECK(count > 0);
        done += (size_t)count;
    }
}

void check_write_all(int64_t slot, const void *data, size_t size) {
    for (size_t done = 0; done < size;) {
        int64_t count = NEED(sys(write, slot, (const char *)data + done, size - done));
        CHECK(count > 0);
        done += (size_t)count;
    }
}

static unsigned char pattern_byte(size_t index, uint32_t seed) {
    // Multiplied so that neighbouring bytes, pages and seeds differ.
    uint64_t mixed =
        (index + 1) * UINT64_C(0x9e3779b97f4a7c15) + seed * UINT64_C(0xc2b2ae3d27d4eb4f);
    return (unsigned char)(mixed >> 56);
}

void pattern_fill(void *data, size_t size, uint32_t seed) {
    for (size_t i = 0; i < size; i++) ((unsigned char *)data)[i] = pattern_byte(i, seed);
}

bool pattern_is(const void *data, size_t size, uint32_t seed) {
    for (size_t i = 0; i < size; i++)
        if (((const unsigned char *)data)[i] != pattern_byte(i, seed)) return false;
    return true;
}

uint64_t random_next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}
