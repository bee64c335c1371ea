// SPDX-License-Identifier: MIT
// The mode is taken for a set of bits, in which O_RDWR does not read.
//
// function:  kern/fs/file.c:file_rights_of_flags
// breaks:    P4
// caught by: open-rights
// like:      a mistake that students make

uint32_t file_rights_of_flags(uint32_t flags) {
    uint32_t mode = flags & O_ACCMODE;
    uint32_t rights = flags & O_GRANT ? CAP_GRANT : 0;
    if (mode == O_RDONLY) rights |= CAP_READ;
    if (mode == O_WRONLY || mode == O_RDWR) rights |= CAP_WRITE;
    return rights;
}
