#include "adapters/process_tree.h"

#include "base/monotonic.h"
#include "base/vec.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct process {
    pid_t pid, parent, group;
    bool is_ours;
};

typedef VEC(struct process) process_list;

/* "pid (name) state ppid pgrp …"; the name may hold anything, so what counts is its last ')'. */
static bool read_process(int proc, const char *name, struct process *ret)
{
    char path[64];
    char line[512];
    snprintf(path, sizeof(path), "%s/stat", name);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t n = read(fd, line, sizeof(line) - 1);
    close(fd);
    if (n <= 0) {
        return false;
    }
    line[n] = '\0';
    const char *end = strrchr(line, ')');
    int parent, group;
    if (!end || sscanf(end + 1, " %*c %d %d", &parent, &group) != 2) {
        return false;
    }
    *ret = (struct process){.pid = (pid_t)strtol(name, NULL, 10), .parent = parent, .group = group};
    return true;
}

static void list_processes(struct arena *arena, process_list *ret)
{
    DIR *dir = opendir("/proc");
    if (!dir) {
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        struct process process;
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            read_process(dirfd(dir), entry->d_name, &process)) {
            VEC_PUSH(arena, ret, process);
        }
    }
    closedir(dir);
}

static bool is_in(pid_t pid, const pid_t *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == pid) {
            return true;
        }
    }
    return false;
}

static const struct process *find(const process_list *all, pid_t pid)
{
    for (size_t i = 0; i < all->n; i++) {
        if (all->v[i].pid == pid) {
            return &all->v[i];
        }
    }
    return NULL;
}

static bool is_descendant(const process_list *all, const struct process *process, pid_t self,
                          const pid_t *spare, size_t n_spare)
{
    /* The list is no snapshot: bound the walk, a reused pid could close a loop. */
    for (unsigned depth = 0; process && depth < 4096; depth++) {
        if (is_in(process->pid, spare, n_spare)) {
            return false;
        }
        if (process->parent == self) {
            return true;
        }
        process = find(all, process->parent);
    }
    return false;
}

static size_t kill_round(struct arena *arena, const pid_t *spare, size_t n_spare)
{
    process_list all = {0};
    list_processes(arena, &all);
    pid_t self = getpid();
    pid_t own_group = getpgrp();
    size_t found = 0;
    for (size_t i = 0; i < all.n; i++) {
        struct process *process = &all.v[i];
        process->is_ours =
            process->pid != self && is_descendant(&all, process, self, spare, n_spare);
        if (process->is_ours) {
            found++;
            /* Groups live within sessions and a script starts one of its own, so all members
             * of a descendant's group are descendants. */
            if (process->group > 1 && process->group != own_group) {
                kill(-process->group, SIGKILL);
            }
            kill(process->pid, SIGKILL);
        }
    }
    for (size_t i = 0; i < all.n; i++) {
        if (all.v[i].is_ours) {
            waitpid(all.v[i].pid, NULL, WNOHANG);
        }
    }
    return found;
}

size_t process_tree_kill(const pid_t *spare, size_t n_spare, int64_t timeout_us)
{
    int64_t until = monotonic_us() + timeout_us;
    struct arena arena;
    arena_init(&arena);
    size_t left;
    while ((left = kill_round(&arena, spare, n_spare)) > 0 && monotonic_us() < until) {
        arena_clear(&arena);
        usleep(1000);
    }
    arena_release(&arena);
    return left;
}
