// SPDX-License-Identifier: MIT
// Included before everything else when the user library and the shell's parser are compiled for the
// host, so that they stand beside the host's C library and the kernel's system-call handlers.
#pragma once

// clang-format off
// ---- memory.c, string.c ----
#define memcpy  user_memcpy
#define memmove user_memmove
#define memset  user_memset
#define memcmp  user_memcmp
#define memchr  user_memchr
#define strlen  user_strlen
#define strnlen user_strnlen
#define strcmp  user_strcmp
#define strncmp user_strncmp
#define strchr  user_strchr
#define strrchr user_strrchr
#define strstr  user_strstr
#define strspn  user_strspn
#define strcspn user_strcspn
#define strcpy  user_strcpy
#define strncpy user_strncpy
#define strcat  user_strcat
#define strlcpy user_strlcpy
#define strlcat user_strlcat
#define strdup  user_strdup
// ---- stdio.c, err.c, error.c ----
#define stdio_streams user_stdio_streams
#define printf    user_printf
#define fprintf   user_fprintf
#define dprintf   user_dprintf
#define snprintf  user_snprintf
#define vprintf   user_vprintf
#define vfprintf  user_vfprintf
#define vdprintf  user_vdprintf
#define vsnprintf user_vsnprintf
#define puts      user_puts
#define fputs     user_fputs
#define putchar   user_putchar
#define fputc     user_fputc
#define perror    user_perror
#define strerror  user_strerror
#define warn      user_warn
#define warnx     user_warnx
#define err       user_err
#define errx      user_errx
// ---- malloc.c, number.c, sort.c, start.c, getopt.c ----
#define malloc  user_malloc
#define calloc  user_calloc
#define realloc user_realloc
#define free    user_free
#define atoi    user_atoi
#define strtol  user_strtol
#define strtoul user_strtoul
#define qsort   user_qsort
#define exit    user_exit
#define abort   user_abort
#define getopt  user_getopt
#define optarg  user_optarg
#define optind  user_optind
#define opterr  user_opterr
#define optopt  user_optopt
// ---- file.c ----
#define open      user_open
#define close     user_close
#define read      user_read
#define write     user_write
#define lseek     user_lseek
#define dup       user_dup
#define dup2      user_dup2
#define pipe      user_pipe
#define ioctl     user_ioctl
#define isatty    user_isatty
#define tcsetpgrp user_tcsetpgrp
#define mkdir     user_mkdir
#define unlink    user_unlink
#define fstat     user_fstat
#define sbrk      user_sbrk
#define opendir   user_opendir
#define readdir   user_readdir
#define closedir  user_closedir
// ---- the raw calls, which the tests play ----
#define sys_open           user_sys_open
#define sys_close          user_sys_close
#define sys_read           user_sys_read
#define sys_write          user_sys_write
#define sys_yield                                  user_sys_yield
#define sys_lseek          user_sys_lseek
#define sys_dup            user_sys_dup
#define sys_dup2           user_sys_dup2
#define sys_pipe           user_sys_pipe
#define sys_ioctl          user_sys_ioctl
#define sys_fstat          user_sys_fstat
#define sys_mkdir          user_sys_mkdir
#define sys_unlink         user_sys_unlink
#define sys_read_directory user_sys_read_directory
// ---- file.c: the function, and with it the structure; libFuzzer calls the host's ----
#define stat user_stat
// ---- file.c ----
#define truncate user_truncate
#define ftruncate user_ftruncate
#define fsync user_fsync
#define sync user_sync
#define sys_ftruncate user_sys_ftruncate
#define sys_fsync user_sys_fsync
#define sys_sync user_sys_sync
// clang-format on
