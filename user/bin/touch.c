// SPDX-License-Identifier: MIT
// touch FILE ...: makes empty files where there are none.
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int result = 0;
    if (argc == 1) errx(2, "usage: touch FILE ...");
    for (int i = 1; i < argc; i++) {
        int descriptor = open(argv[i], O_WRONLY | O_CREAT);
        if (descriptor < 0) {
            warn("%s", argv[i]);
            result = 1;
        } else {
            close(descriptor);
        }
    }
    return result;
}
