// SPDX-License-Identifier: MIT
// delegation-demo [-g]: a story in one screenful. A supervisor gives a worker one file; the worker
// dups it and forks a helper; both read on; the supervisor revokes; both fail, and the supervisor's
// own descriptor lives. With -g it draws the graph of authority (caps -g) before it revokes.
#include <capability.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_NAME "/demo.txt"
#define TEXT      "attack at dawn"

// Whoever reads a byte from a pipe's end may go on; so only one process acts at a time.
struct turn {
    int ends[2];
};

static struct turn supervisors, workers, helpers;

// The pipes are the story's stage, not for the program that draws it.
static void turn_make(struct turn *turn) {
    if (pipe(turn->ends) != 0) err(1, "pipe");
    for (int i = 0; i < 2; i++) cap_setflags(turn->ends[i], CAP_CLOSE_ON_SPAWN);
}

static void turn_give(const struct turn *turn) {
    if (write(turn->ends[1], "!", 1) != 1) err(1, "write");
}

static void turn_wait(const struct turn *turn) {
    char byte;
    if (read(turn->ends[0], &byte, 1) != 1) err(1, "read");
}

static void try_to_read(const char *who, int slot) {
    char text[sizeof(TEXT)] = "";
    ssize_t size = lseek(slot, 0, SEEK_SET) == 0 ? read(slot, text, sizeof(text) - 1) : -1;
    if (size < 0)
        printf("%-10s reads descriptor %d: %s\n", who, slot, strerror(errno));
    else
        printf("%-10s reads descriptor %d: \"%s\"\n", who, slot, text);
}

static _Noreturn void be_helper(int slot) {
    for (int i = 0; i < 2; i++) {
        turn_wait(&helpers);
        try_to_read("helper", slot);
        turn_give(&workers);
    }
    exit(0);
}

static _Noreturn void be_worker(void) {
    int slot;
    turn_wait(&workers);
    if (read(workers.ends[0], &slot, sizeof(slot)) != sizeof(slot)) err(1, "read");
    int copy = dup(slot);
    pid_t helper = fork();
    if (copy < 0 || helper < 0) err(1, "worker");
    if (helper == 0) be_helper(slot);
    printf("worker     dups %d to %d and forks a helper, process %d\n", slot, copy, helper);
    for (int i = 0; i < 2; i++) {
        try_to_read("worker", copy);
        turn_give(&helpers);
        turn_wait(&workers);
        turn_give(&supervisors);
        if (i == 0) turn_wait(&workers);
    }
    waitpid(helper, NULL, 0);
    exit(0);
}

static int make_file(void) {
    int file = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC | O_GRANT | O_CLOEXEC);
    if (file < 0 || write(file, TEXT, strlen(TEXT)) < 0) err(1, "%s", FILE_NAME);
    return file;
}

static void draw(void) {
    char *const arguments[] = {"caps", "-g", NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execv("/bin/caps", arguments);
        err(1, "/bin/caps");
    }
    waitpid(pid, NULL, 0);
}

static cap_token give(int file, pid_t worker) {
    int slot;
    cap_token token = cap_get_token(file, CAP_TYPE_FILE);
    cap_token delegate = cap_transfer(token, worker, CAP_READ, &slot);
    if (delegate < 0) err(1, "cap_transfer");
    printf("supervisor gives it to its worker, process %d, for reading: descriptor %d there\n",
           worker, slot);
    turn_give(&workers);
    if (write(workers.ends[1], &slot, sizeof(slot)) != sizeof(slot)) err(1, "write");
    turn_wait(&supervisors);
    return delegate;
}

int main(int argc, char **argv) {
    bool is_drawn = argc == 2 && strcmp(argv[1], "-g") == 0;
    if (argc > 1 && !is_drawn) errx(2, "usage: delegation-demo [-g]");
    setvbuf(stdout, NULL, _IOLBF, 0); // three processes tell the story
    turn_make(&supervisors);
    turn_make(&workers);
    turn_make(&helpers);
    pid_t worker = fork();
    if (worker < 0) err(1, "fork");
    if (worker == 0) be_worker();
    int file = make_file();
    printf("supervisor process %d, opens %s as descriptor %d, with GRANT\n", getpid(), FILE_NAME,
           file);
    cap_token delegate = give(file, worker);
    if (is_drawn) draw();
    if (cap_revoke_delegate(delegate) != 0) err(1, "cap_revoke_delegate");
    printf("supervisor revokes\n");
    turn_give(&workers);
    turn_wait(&supervisors);
    try_to_read("supervisor", file);
    waitpid(worker, NULL, 0);
    unlink(FILE_NAME);
    return 0;
}
