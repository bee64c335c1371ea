// SPDX-License-Identifier: MIT
// df [PATH ...]: how full the file systems are on which paths lie; without any, all that are
// usually mounted.
#include <err.h>
#include <stdio.h>
#include <sys/stat.h>

static int report(const char *path) {
    struct file_system_info info;
    if (file_system_info(path, &info) < 0) {
        warn("%s", path);
        return 1;
    }
    uint64_t kib = info.block_size / 1024;
    printf("%-8s %10lu %10lu %10lu  %-3s %s\n", info.type, info.blocks * kib,
           (info.blocks - info.blocks_free) * kib, info.blocks_free * kib,
           info.is_read_only ? "ro" : "rw", path);
    return 0;
}

int main(int argc, char **argv) {
    static const char *const usual[] = {"/", "/dev", "/tmp"};
    int result = 0;
    printf("%-8s %10s %10s %10s  %-3s %s\n", "TYPE", "KIB", "USED", "FREE", "", "PATH");
    for (int i = 1; i < argc; i++) result |= report(argv[i]);
    for (size_t i = 0; argc == 1 && i < sizeof(usual) / sizeof(usual[0]); i++)
        result |= report(usual[i]);
    return result;
}
