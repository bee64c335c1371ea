// SPDX-License-Identifier: MIT
// account: what this account has and may have. account NAME=LIMIT ... COMMAND ARGUMENT ...: runs a
// command in a new account with these limits, and passes on its status.
#include <capability.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <process.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[ACCOUNT_RESOURCES] = {[ACCOUNT_PROCESSES] = "process",
                                                     [ACCOUNT_SLOTS] = "slot",
                                                     [ACCOUNT_PAGES] = "page",
#define NAME(type, code, text) [ACCOUNT_OBJECTS + (code)] = text,
                                                     CAP_TYPE_LIST(NAME)
#undef NAME
};

static void print_limit(uint64_t limit) {
    if (limit == ACCOUNT_NO_LIMIT)
        printf("%10s\n", "none");
    else
        printf("%10lu\n", (unsigned long)limit);
}

static int print_account(void) {
    struct account_info info;
    if (account_info(0, &info) < 0) err(1, "account");
    printf("account %lu", (unsigned long)info.id);
    if (info.parent != 0) printf(", in account %lu", (unsigned long)info.parent);
    printf("\n%-12s%10s%10s\n", "resource", "used", "limit");
    for (int i = 0; i < ACCOUNT_RESOURCES; i++) {
        if (info.used[i] == 0 && info.limit[i] == ACCOUNT_NO_LIMIT) continue;
        printf("%-12s%10lu", names[i], (unsigned long)info.used[i]);
        print_limit(info.limit[i]);
    }
    return 0;
}

// Takes NAME=LIMIT. False if the argument is none, and so the command.
static bool take_limit(const char *argument, uint64_t limit[ACCOUNT_RESOURCES]) {
    const char *equals = strchr(argument, '=');
    if (equals == NULL) return false;
    size_t length = (size_t)(equals - argument);
    int i = 0;
    while (i < ACCOUNT_RESOURCES &&
           (strncmp(names[i], argument, length) != 0 || names[i][length] != '\0'))
        i++;
    if (i == ACCOUNT_RESOURCES) errx(2, "%s: no such resource; `account` lists some", argument);
    char *end;
    long value = strtol(equals + 1, &end, 10);
    if (value < 1 || *end != '\0') errx(2, "%s: a limit is a number from 1", argument);
    limit[i] = (uint64_t)value;
    return true;
}

// What has no GRANT is not inherited: the terminal takes its place.
static size_t open_standard_files(struct spawn_action actions[3]) {
    size_t count = 0;
    for (int slot = 0; slot < 3; slot++) {
        struct cap_info info;
        if (cap_stat(slot, &info) == 0 && (info.rights & CAP_GRANT)) continue;
        actions[count++] = (struct spawn_action){.kind = SPAWN_FA_OPEN,
                                                 .slot = slot,
                                                 .flags = slot == 0 ? O_RDONLY : O_WRONLY,
                                                 .path = (uint64_t) "/dev/console"};
    }
    return count;
}

int main(int argc, char **argv) {
    struct spawn_attributes attributes = {.inherit = SPAWN_INHERIT_GRANTABLE, .new_account = 1};
    struct spawn_action actions[3];
    char path[PATH_MAX];
    int i = 1, status;
    if (argc == 1) return print_account();
    while (i < argc && take_limit(argv[i], attributes.limit)) i++;
    if (i == argc) errx(2, "usage: account [NAME=LIMIT ... COMMAND ARGUMENT ...]");
    snprintf(path, sizeof(path), strchr(argv[i], '/') ? "%s" : "/bin/%s", argv[i]);
    size_t count = open_standard_files(actions);
    pid_t pid = spawn(path, argv + i, actions, count, &attributes);
    if (pid < 0) err(errno == ENOENT ? 127 : 126, "%s", argv[i]);
    if (waitpid(pid, &status, 0) < 0) err(1, "%s", argv[i]);
    return STATUS_SHELL(status);
}
