// Preloaded into the victims: writes down every system call that changes a file below a folder, and lets one of them fail.
// It stands below Python, Arrow, SQLite and DuckDB alike. Linux, 64 bits.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char below[PATH_MAX];
static int list = -1, fail_at, error;
static atomic_int seen;

// From here on calls count. `number`: the one that fails with `with`, from 1; 0 for none.
void watch_calls(const char *folder, const char *path_of_list, int number, int with) {
    snprintf(below, sizeof below, "%s/", folder);
    fail_at = number;
    error = with;
    list = open(path_of_list, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
}

static int fails(const char *call, int file) {
    char link[64], path[PATH_MAX], line[PATH_MAX + 64];
    if (list < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, below, strlen(below))) return 0;
    int size = snprintf(line, sizeof line, "%s %s\n", call, path + strlen(below));
    syscall(SYS_write, list, line, size);
    if (atomic_fetch_add(&seen, 1) + 1 != fail_at) return 0;
    errno = error;
    return 1;
}

#define COUNTED(kind, name, call, parameters, ...) \
    kind name parameters { return fails(#name, file) ? -1 : syscall(call, __VA_ARGS__); }

COUNTED(ssize_t, write, SYS_write, (int file, const void *from, size_t size), file, from, size)
COUNTED(ssize_t, pwrite, SYS_pwrite64, (int file, const void *from, size_t size, off_t at), file, from, size, at)
COUNTED(ssize_t, pwrite64, SYS_pwrite64, (int file, const void *from, size_t size, off64_t at), file, from, size, at)
COUNTED(int, ftruncate, SYS_ftruncate, (int file, off_t size), file, size)
COUNTED(int, ftruncate64, SYS_ftruncate, (int file, off64_t size), file, size)
COUNTED(int, fsync, SYS_fsync, (int file), file)
COUNTED(int, fdatasync, SYS_fdatasync, (int file), file)
