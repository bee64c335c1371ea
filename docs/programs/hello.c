// SPDX-License-Identifier: MIT
// The program of the book's first chapter.

#include <stdio.h>

int main(int argc, char **argv)
{
    printf("hello %s\n", argc > 1 ? argv[1] : "world");
    return 0;
}
