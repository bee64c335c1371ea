// SPDX-License-Identifier: MIT
// A program as for xv6-riscv: primes by a chain of processes, each of which passes on what its own
// prime does not divide, and a byte that goes to a child and back.
#include "kernel/types.h"
#include "kernel/stat.h"
#include "user/user.h"

static void sieve(int from) __attribute__((noreturn));

static void sieve(int from) {
    int prime, number, ends[2];
    if (read(from, &prime, sizeof(prime)) != sizeof(prime)) exit(0);
    printf("prime %d\n", prime);
    pipe(ends);
    if (fork() == 0) {
        close(ends[1]);
        close(from);
        sieve(ends[0]);
    }
    close(ends[0]);
    while (read(from, &number, sizeof(number)) == sizeof(number))
        if (number % prime) write(ends[1], &number, sizeof(number));
    close(ends[1]);
    wait(0);
    exit(0);
}

static void ping_pong(void) {
    int there[2], back[2];
    char byte = 'p';
    pipe(there);
    pipe(back);
    if (fork() == 0) {
        read(there[0], &byte, 1);
        printf("child got %c\n", byte);
        write(back[1], &byte, 1);
        exit(0);
    }
    write(there[1], &byte, 1);
    read(back[0], &byte, 1);
    wait(0);
    printf("parent got %c\n", byte);
}

int main(void) {
    int ends[2];
    ping_pong();
    pipe(ends);
    if (fork() == 0) {
        close(ends[1]);
        sieve(ends[0]);
    }
    close(ends[0]);
    for (int i = 2; i < 36; i++) write(ends[1], &i, sizeof(i));
    close(ends[1]);
    wait(0);
    exit(0);
}
