// SPDX-License-Identifier: MIT
// Redirections. Files are opened with GRANT: the shell configures on purpose what its child gets,
// so the child may hand it on by spawn.
#include <capability.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "expand.h"
#include "shell.h"

static int open_flags(enum redirection_kind kind) {
    switch (kind) {
    case REDIRECT_READ: return O_RDONLY | O_GRANT;
    case REDIRECT_WRITE: return O_WRONLY | O_CREAT | O_TRUNC | O_GRANT;
    default: return O_WRONLY | O_CREAT | O_APPEND | O_GRANT;
    }
}

// Keeps what a descriptor is now for redirect_restore().
static bool displace(struct displaced *displaced, int descriptor) {
    if (displaced->count == SHELL_SAVED_MAX) {
        errno = EMFILE;
        return false;
    }
    int copy = SHELL_DESCRIPTOR_SAVED + displaced->count;
    bool was_open = dup2(descriptor, copy) >= 0;
    if (was_open) cap_setflags(copy, CAP_CLOSE_ON_SPAWN);
    displaced->descriptor[displaced->count] = descriptor;
    displaced->was_open[displaced->count] = was_open;
    displaced->count++;
    return true;
}

void redirect_restore(struct displaced *displaced) {
    while (displaced->count > 0) {
        int last = --displaced->count;
        if (!displaced->was_open[last]) {
            close(displaced->descriptor[last]);
            continue;
        }
        dup2(SHELL_DESCRIPTOR_SAVED + last, displaced->descriptor[last]);
        close(SHELL_DESCRIPTOR_SAVED + last);
    }
}

static bool redirect_to_file(const struct redirection *redirection, const char *path) {
    int opened = open(path, open_flags(redirection->kind));
    if (opened < 0 || opened == redirection->descriptor) return opened >= 0;
    bool done = dup2(opened, redirection->descriptor) >= 0;
    close(opened);
    return done;
}

// The target of >& or <&: a number, or "-" to close.
static bool redirect_to_copy(const struct redirection *redirection, const char *target) {
    if (strcmp(target, "-") == 0) {
        close(redirection->descriptor);
        return true;
    }
    int source = 0;
    for (const char *digit = target; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9' || source > REDIRECTED_DESCRIPTOR_MAX) {
            errno = EINVAL;
            return false;
        }
        source = source * 10 + *digit - '0';
    }
    if (target[0] == '\0' || source > REDIRECTED_DESCRIPTOR_MAX) {
        errno = EBADF;
        return false;
    }
    return dup2(source, redirection->descriptor) >= 0;
}

static bool redirect_one(struct shell *shell, const struct redirection *redirection,
                         struct displaced *displaced) {
    const char *target = expand_word(&shell->arena, &shell->variables, redirection->target);
    if (target == NULL) {
        shell_error(shell, "the expanded command is too long");
        return false;
    }
    if (displaced == NULL || displace(displaced, redirection->descriptor)) {
        if (redirection->kind == REDIRECT_COPY ? redirect_to_copy(redirection, target)
                                               : redirect_to_file(redirection, target))
            return true;
    }
    shell_error(shell, "%.100s: %s", target, strerror(errno));
    return false;
}

bool redirect(struct shell *shell, const struct redirection *redirections,
              struct displaced *displaced) {
    for (; redirections != NULL; redirections = redirections->next)
        if (!redirect_one(shell, redirections, displaced)) return false;
    return true;
}
