// SPDX-License-Identifier: MIT
// Error numbers that the kernel returns as negative values. The list is an X-macro so that the
// C library's strerror() and the book's table are made from this one place. Numbers follow Linux
// where Linux has the name.
#pragma once

#define ERROR_LIST(ERROR)                                                                          \
    ERROR(EPERM, 1, "operation not permitted")                                                     \
    ERROR(ENOENT, 2, "no such file or directory")                                                  \
    ERROR(ESRCH, 3, "no such process")                                                             \
    ERROR(EINTR, 4, "interrupted")                                                                 \
    ERROR(EIO, 5, "input/output error")                                                            \
    ERROR(E2BIG, 7, "argument list too long")                                                      \
    ERROR(ENOEXEC, 8, "not an executable for this machine")                                        \
    ERROR(EBADF, 9, "no such descriptor or token")                                                 \
    ERROR(ECHILD, 10, "no child process")                                                          \
    ERROR(EAGAIN, 11, "try again")                                                                 \
    ERROR(ENOMEM, 12, "out of memory")                                                             \
    ERROR(EACCES, 13, "may not be handed on")                                                      \
    ERROR(EFAULT, 14, "bad address")                                                               \
    ERROR(EBUSY, 16, "busy")                                                                       \
    ERROR(EEXIST, 17, "already exists")                                                            \
    ERROR(EXDEV, 18, "on another file system")                                                     \
    ERROR(ENODEV, 19, "no such device")                                                            \
    ERROR(ENOTDIR, 20, "not a directory")                                                          \
    ERROR(EISDIR, 21, "is a directory")                                                            \
    ERROR(EINVAL, 22, "invalid argument")                                                          \
    ERROR(ENFILE, 23, "too many open files in the system")                                         \
    ERROR(EMFILE, 24, "capability table is full")                                                  \
    ERROR(ENOTTY, 25, "not a console")                                                             \
    ERROR(ETXTBSY, 26, "file is being executed")                                                   \
    ERROR(EFBIG, 27, "file too large")                                                             \
    ERROR(ENOSPC, 28, "no space left")                                                             \
    ERROR(ESPIPE, 29, "cannot seek")                                                               \
    ERROR(EROFS, 30, "read-only file system")                                                      \
    ERROR(EMLINK, 31, "too many links")                                                            \
    ERROR(EPIPE, 32, "no reader left")                                                             \
    ERROR(ERANGE, 34, "out of range")                                                              \
    ERROR(EDEADLK, 35, "would deadlock")                                                           \
    ERROR(ENAMETOOLONG, 36, "name too long")                                                       \
    ERROR(ENOSYS, 38, "no such system call")                                                       \
    ERROR(ENOTEMPTY, 39, "directory not empty")                                                    \
    ERROR(EOVERFLOW, 75, "value too large")                                                        \
    ERROR(EMSGSIZE, 90, "message too long")                                                        \
    ERROR(ETIMEDOUT, 110, "timed out")                                                             \
    ERROR(EOWNERDEAD, 130, "previous owner died")                                                  \
    ERROR(ENOTCAPABLE, 133, "capability lacks the right")

#define ERROR_DEFINE_CONSTANT(name, number, text) name = number,
enum error_number { ERROR_LIST(ERROR_DEFINE_CONSTANT) };
#undef ERROR_DEFINE_CONSTANT
