// SPDX-License-Identifier: MIT
// O_RDONLY gives WRITE as well.
//
// function:  kern/fs/file.c:file_rights_of_flags
// breaks:    P4
// caught by: open-rights gate-rights
// like:      write access through a read-only mapping

uint32_t file_rights_of_flags(uint32_t flags) {
    uint32_t mode = flags & O_ACCMODE;
    uint32_t rights = flags & O_GRANT ? CAP_GRANT : 0;
    if (mode == O_RDONLY || mode == O_RDWR) rights |= CAP_READ;
    if (mode <= O_RDWR) rights |= CAP_WRITE;
    return rights;
}
