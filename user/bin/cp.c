// SPDX-License-Identifier: MIT
// cp [-r] SOURCE ... TARGET: copies files, with -r also directories and what is in them.
#include <err.h>
#include <fcntl.h>
#include <paths.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What a copy of a tree is made of: where it begins and where that goes.
struct copy {
    const char *source, *target;
};

static int copy_bytes(int from, const char *source, int to, const char *target) {
    static char buffer[64 * 1024];
    ssize_t size;
    while ((size = read(from, buffer, sizeof(buffer))) > 0)
        if (write_all(to, buffer, (size_t)size) < 0) {
            warn("%s", target);
            return 1;
        }
    if (size < 0) warn("%s", source);
    return size < 0;
}

static bool is_same_file(const char *path, const struct stat *status) {
    struct stat other;
    return stat(path, &other) == 0 && other.st_ino == status->st_ino &&
           other.st_dev == status->st_dev;
}

static int copy_file(const char *source, const struct stat *status, const char *target) {
    if (is_same_file(target, status)) {
        warnx("%s and %s are the same file", source, target);
        return 1;
    }
    int from = open(source, O_RDONLY);
    int to = from < 0 ? -1 : open(target, O_WRONLY | O_CREAT | O_TRUNC);
    int result = 1;
    if (from < 0 || to < 0)
        warn("%s", from < 0 ? source : target);
    else
        result = copy_bytes(from, source, to, target);
    if (to >= 0) close(to);
    if (from >= 0) close(from);
    return result;
}

static int copy_one(const char *path, const struct stat *status, void *context) {
    const struct copy *copy = context;
    char target[PATH_MAX];
    const char *rest = path + strlen(copy->source);
    while (*rest == '/') rest++;
    strlcpy(target, copy->target, sizeof(target));
    if (*rest && path_join(target, copy->target, rest) < 0) {
        warn("%s", path);
        return 1;
    }
    if (!S_ISDIR(status->st_mode)) return copy_file(path, status, target);
    if (path_is_directory(target) || mkdir(target) == 0) return 0;
    warn("%s", target);
    return 1;
}

// Whether `target` would lie in the directory that is copied, and the copy never end.
static bool is_inside(const char *target, const struct stat *source) {
    char path[PATH_MAX];
    struct stat status, above;
    if (strlcpy(path, target, sizeof(path)) >= sizeof(path) || stat(path, &status) < 0) {
        char *slash = strrchr(path, '/');
        if (slash == path) slash++;
        strlcpy(slash ? slash : path, slash ? "" : ".", 2);
        if (stat(path, &status) < 0) return false;
    }
    for (;;) {
        if (status.st_ino == source->st_ino && status.st_dev == source->st_dev) return true;
        if (strlcat(path, "/..", sizeof(path)) >= sizeof(path) || stat(path, &above) < 0 ||
            (above.st_ino == status.st_ino && above.st_dev == status.st_dev))
            return false;
        status = above;
    }
}

static int copy_operand(const char *source, const char *target, bool recursive) {
    char place[PATH_MAX];
    struct stat status;
    struct copy copy = {source, place};
    if (path_target(place, source, target) < 0 || stat(source, &status) < 0) {
        warn("%s", source);
        return 1;
    }
    if (!S_ISDIR(status.st_mode)) return copy_file(source, &status, place);
    if (!recursive)
        warnx("%s is a directory; -r copies it", source);
    else if (is_inside(place, &status))
        warnx("%s cannot be copied into itself", source);
    else
        return path_walk(source, false, copy_one, &copy);
    return 1;
}

int main(int argc, char **argv) {
    bool recursive = false;
    int option, result = 0;
    while ((option = getopt(argc, argv, "r")) != -1) {
        if (option == '?') return 2;
        recursive = true;
    }
    if (argc - optind < 2) errx(2, "usage: cp [-r] SOURCE ... TARGET");
    const char *target = argv[argc - 1];
    if (argc - optind > 2 && !path_is_directory(target)) errx(1, "%s: not a directory", target);
    for (int i = optind; i < argc - 1; i++) result |= copy_operand(argv[i], target, recursive);
    return result;
}
