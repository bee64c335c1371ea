// SPDX-License-Identifier: MIT
// A program as for xv6-riscv: what its calls and its library do there, they do here.
#include "kernel/types.h"
#include "kernel/stat.h"
#include "kernel/fcntl.h"
#include "kernel/fs.h"
#include "kernel/param.h"
#include "user/user.h"

static int failures;

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("xv6calls: line %d: %s\n", __LINE__, #condition);                               \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

static void test_processes(void) {
    int status, pid = fork();
    if (pid == 0) exit(3);
    EXPECT(wait(&status) == pid && status == 3);
    pid = fork();
    if (pid == 0) {
        for (;;) sleep(1000);
    }
    EXPECT(kill(pid) == 0);
    EXPECT(wait(&status) == pid && status == -1);
    EXPECT(wait(0) == -1);
    EXPECT(kill(-1) == -1);
    if (fork() == 0) {
        char *arguments[] = {"echo", "from", "exec", 0};
        exec("/bin/echo", arguments);
        exit(9);
    }
    EXPECT(wait(&status) > 0 && status == 0);
    char *nothing[] = {"none", 0};
    EXPECT(exec("/none", nothing) == -1);
    EXPECT(getpid() > 0 && uptime() >= 0 && pause(0) == 0);
}

static void test_files(void) {
    char buffer[32];
    struct stat status;
    int fd = open("xv6file", O_CREATE | O_RDWR);
    EXPECT(fd >= 3);
    EXPECT(write(fd, "hello, world", 12) == 12);
    EXPECT(read(fd, buffer, 1) == 0);
    close(fd);
    fd = open("xv6file", O_RDONLY);
    EXPECT(write(fd, "x", 1) == -1); // ENOTCAPABLE
    EXPECT(read(fd, buffer, sizeof(buffer)) == 12 && memcmp(buffer, "hello, world", 12) == 0);
    EXPECT(fstat(fd, &status) == 0 && status.type == T_FILE && status.size == 12 &&
           status.nlink == 1);
    int copy = dup(fd);
    EXPECT(copy > fd && close(copy) == 0 && close(copy) == -1);
    close(fd);
    fd = open("xv6file", O_WRONLY);
    EXPECT(read(fd, buffer, 1) == -1); // ENOTCAPABLE
    close(fd);
    EXPECT(link("xv6file", "xv6link") == 0 && stat("xv6link", &status) == 0 && status.nlink == 2);
    EXPECT(unlink("xv6file") == 0 && open("xv6file", O_RDONLY) == -1);
    fd = open("xv6link", O_RDONLY | O_TRUNC);
    EXPECT(fstat(fd, &status) == 0 && status.size == 0);
    close(fd);
    EXPECT(unlink("xv6link") == 0 && unlink("xv6link") == -1);
    EXPECT(read(99, buffer, 1) == -1 && close(-1) == -1 && dup(77) == -1);
    EXPECT(mknod("xv6device", 7, 0) == -1);
    EXPECT(stat("/dev/null", &status) == 0 && status.type == T_DEVICE);
}

static void test_directories(void) {
    struct dirent entry;
    char name[DIRSIZ + 1];
    int dots = 0, found = 0, long_name = 0;
    EXPECT(mkdir("xv6dir") == 0 && mkdir("xv6dir") == -1 && chdir("xv6dir") == 0);
    close(open("file", O_CREATE | O_WRONLY));
    close(open("a-name-of-more-than-fourteen", O_CREATE | O_WRONLY));
    int fd = open(".", O_RDONLY);
    while (read(fd, &entry, sizeof(entry)) == sizeof(entry)) {
        EXPECT(entry.inum != 0);
        memmove(name, entry.name, DIRSIZ);
        name[DIRSIZ] = 0;
        dots += strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
        found += strcmp(name, "file") == 0;
        long_name += strcmp(name, "a-name-of-more") == 0;
    }
    close(fd);
    EXPECT(dots == 2 && found == 1 && long_name == 1);
    EXPECT(unlink("../xv6dir") == -1); // not empty
    EXPECT(unlink("file") == 0 && unlink("a-name-of-more-than-fourteen") == 0);
    EXPECT(chdir("..") == 0 && unlink("xv6dir") == 0 && chdir("xv6dir") == -1);
    EXPECT(open("/", O_RDWR) == -1);
}

static void test_pipes(void) {
    int ends[2];
    char buffer[8];
    EXPECT(pipe(ends) == 0);
    if (fork() == 0) {
        close(ends[0]);
        write(ends[1], "abc", 3);
        exit(0);
    }
    close(ends[1]);
    EXPECT(read(ends[0], buffer, sizeof(buffer)) == 3 && read(ends[0], buffer, 1) == 0);
    wait(0);
    close(ends[0]);
}

static void test_library(void) {
    char text[16];
    char *memory = malloc(5000);
    EXPECT(memory != 0);
    memset(memory, 'x', 5000);
    free(memory);
    strcpy(text, "12ab");
    EXPECT(atoi(text) == 12 && strlen(text) == 4 && *strchr(text, 'a') == 'a' &&
           strchr(text, 'z') == 0);
    char *before = sbrk(4096);
    EXPECT(before != (char *)-1 && sbrk(0) == before + 4096);
    before[4095] = 1;
    EXPECT(sbrk(-4096) == before + 4096);
    printf("%d %x %s %c %% %lu\n", -5, 255, "text", 'c', 7UL);
    fprintf(2, "%s\n", "to standard error");
}

int main(int argc, char *argv[]) {
    if (argc > 1) {
        char line[32];
        printf("<%s>", gets(line, sizeof(line)));
        printf("%s\n", argv[1]);
        exit(strcmp(argv[1], "end") == 0 ? 4 : 5);
    }
    test_processes();
    test_files();
    test_directories();
    test_pipes();
    test_library();
    printf("xv6calls: %d failures\n", failures);
    return failures;
}
