// SPDX-License-Identifier: MIT
// The only code that touches user memory. A fault inside arch_user_copy() ends the copy; the pages
// that are due (demand-zero, copy-on-write) are then faulted in here, outside the access window.

#include "mem/uaccess.h"
#include "abi/errno.h"
#include "mem/address_space.h"

#define STRING_CHUNK 64

int user_fault_in(uint64_t address, bool write) {
    spinlock_assert_none_held();
    struct address_space *space = address_space_current();
    if (!space || !user_range_is_valid(address, 1)) return -EFAULT;
    return address_space_fault(space, address, write ? FAULT_WRITE : FAULT_READ);
}

int copy_from_user(void *to, uint64_t from, size_t size) {
    spinlock_assert_none_held();
    if (!user_range_is_valid(from, size)) return -EFAULT;
    for (size_t done = 0; done < size;) {
        done = size - arch_user_copy((char *)to + done, (const void *)(from + done), size - done);
        int error = done < size ? user_fault_in(from + done, false) : 0;
        if (error) return error;
    }
    return 0;
}

int copy_to_user(uint64_t to, const void *from, size_t size) {
    spinlock_assert_none_held();
    if (!user_range_is_valid(to, size)) return -EFAULT;
    for (size_t done = 0; done < size;) {
        done = size - arch_user_copy((void *)(to + done), (const char *)from + done, size - done);
        int error = done < size ? user_fault_in(to + done, true) : 0;
        if (error) return error;
    }
    return 0;
}

int copy_string_from_user(char *to, uint64_t from, size_t size) {
    for (size_t length = 0; length < size;) {
        // Never past the page that holds the next character: what lies behind the string may not
        // be there.
        size_t chunk = PAGE_SIZE - ((from + length) & (PAGE_SIZE - 1));
        chunk = chunk < STRING_CHUNK ? chunk : STRING_CHUNK;
        chunk = chunk < size - length ? chunk : size - length;
        int error = copy_from_user(to + length, from + length, chunk);
        if (error) return error;
        for (size_t end = length + chunk; length < end; length++)
            if (to[length] == 0) return (int)length;
    }
    return -ENAMETOOLONG;
}

int user_prepare_write(uint64_t address, size_t size) {
    if (!user_range_is_valid(address, size)) return -EFAULT;
    for (uint64_t at = page_round_down(address); at < address + size; at += PAGE_SIZE) {
        int error = user_fault_in(at, true);
        if (error) return error;
    }
    return 0;
}
