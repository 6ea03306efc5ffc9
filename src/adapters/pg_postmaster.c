#include "adapters/pg_postmaster.h"

#include "base/str.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_PID = 1, LINE_SOCKET_DIR = 5, LINE_STATUS = 8 };

/* Line `number` of postmaster.pid, trimmed; false when it is not there. */
static bool read_line(const char *data_dir, int number, char *buf, size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/postmaster.pid", data_dir);
    FILE *f = fopen(path, "re");
    if (!f) {
        return false;
    }
    bool is_there = false;
    char line[256];
    for (int i = 1; i <= number && fgets(line, sizeof(line), f); i++) {
        is_there = i == number;
    }
    fclose(f);
    if (is_there) {
        struct str s = str_trim(str_from(line));
        snprintf(buf, size, "%.*s", STR_ARG(s));
    }
    return is_there;
}

static pid_t read_pid(const char *data_dir)
{
    char line[32];
    uint64_t pid;
    if (!read_line(data_dir, LINE_PID, line, sizeof(line)) || !str_to_u64(str_from(line), &pid) ||
        pid > INT_MAX) {
        return 0;
    }
    return (pid_t)pid;
}

static bool is_zombie(pid_t pid)
{
    char path[64], stat[512] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f) {
        return false;
    }
    size_t n = fread(stat, 1, sizeof(stat) - 1, f);
    stat[n] = '\0';
    fclose(f);
    const char *state = strrchr(stat, ')'); /* the name before it may hold anything */
    return state && strncmp(state, ") Z", 3) == 0;
}

bool postmaster_is_running(pid_t pid, const char *data_dir)
{
    char path[64], cwd[PATH_MAX];
    snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
    ssize_t n = pid > 0 ? readlink(path, cwd, sizeof(cwd) - 1) : -1;
    if (n < 0) {
        return false;
    }
    cwd[n] = '\0';
    return strcmp(cwd, data_dir) == 0 && !is_zombie(pid);
}

bool postmaster_find(const char *data_dir, struct postmaster *ret)
{
    pid_t pid = read_pid(data_dir);
    if (!postmaster_is_running(pid, data_dir)) {
        return false;
    }
    *ret = (struct postmaster){.pid = pid};
    (void)read_line(data_dir, LINE_SOCKET_DIR, ret->socket_dir, sizeof(ret->socket_dir));
    return true;
}

static bool has_status(const char *data_dir, const char *status)
{
    char line[32];
    return read_line(data_dir, LINE_STATUS, line, sizeof(line)) && strcmp(line, status) == 0;
}

bool postmaster_is_ready(const char *data_dir)
{
    return has_status(data_dir, "ready");
}

bool postmaster_is_starting(const char *data_dir)
{
    return has_status(data_dir, "starting");
}

static bool is_in_use(const char *data_dir)
{
    DIR *proc = opendir("/proc");
    if (!proc) {
        return true;
    }
    bool is_used = false;
    for (struct dirent *entry; !is_used && (entry = readdir(proc));) {
        uint64_t pid;
        is_used = str_to_u64(str_from(entry->d_name), &pid) && pid < INT_MAX &&
                  postmaster_is_running((pid_t)pid, data_dir);
    }
    closedir(proc);
    return is_used;
}

void postmaster_clear_stale(const char *data_dir, const char *socket_dir)
{
    pid_t pid = read_pid(data_dir);
    /* A number that is free is no trouble: PostgreSQL sees that itself. */
    if (pid == 0 || kill(pid, 0) != 0 || is_in_use(data_dir)) {
        return;
    }
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/postmaster.pid", data_dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/.s.PGSQL.5432.lock", socket_dir);
    unlink(path);
}
