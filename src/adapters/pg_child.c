#include "adapters/pg_child.h"

#include "base/monotonic.h"
#include "base/time_units.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_TIMEOUT_US (60 * US_PER_S)
enum { OUTPUT_MAX = 4096, EXIT_NO_EXEC = 127 };

bool pg_user_find(const char *name, uid_t uid, struct pg_user *ret)
{
    struct passwd entry, *found = NULL;
    char buf[4096];
    int rc = name ? getpwnam_r(name, &entry, buf, sizeof(buf), &found)
                  : getpwuid_r(uid, &entry, buf, sizeof(buf), &found);
    if (rc != 0 || !found || strlen(found->pw_name) >= sizeof(ret->name)) {
        return false;
    }
    *ret = (struct pg_user){.uid = found->pw_uid, .gid = found->pw_gid};
    snprintf(ret->name, sizeof(ret->name), "%s", found->pw_name);
    return true;
}

/* In the child, between fork and exec: system calls only. */
static _Noreturn void become(const char *const *argv, const struct pg_user *user, int fd, int null)
{
    static char *const environment[] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                                        (char *)"LANG=C.UTF-8", NULL};
    struct sigaction plain = {.sa_handler = SIG_DFL};
    for (int s = 1; s < NSIG; s++) {
        sigaction(s, &plain, NULL);
    }
    sigset_t no_signals;
    sigemptyset(&no_signals);
    sigprocmask(SIG_SETMASK, &no_signals, NULL);
    setsid();
    bool is_ready = dup2(null, 0) == 0 && dup2(fd, 1) == 1 && dup2(fd, 2) == 2 && chdir("/") == 0;
    close_range(3, ~0U, 0);
    umask(077);
    if (is_ready && geteuid() == 0) {
        is_ready = setgroups(0, NULL) == 0 && setresgid(user->gid, user->gid, user->gid) == 0 &&
                   setresuid(user->uid, user->uid, user->uid) == 0;
    }
    if (is_ready) {
        execvpe(argv[0], (char *const *)argv, environment);
    }
    _exit(EXIT_NO_EXEC);
}

enum status pg_child_start(const char *const *argv, const struct pg_user *user, int fd, pid_t *ret,
                           struct err *err)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0) {
        return err_set(err, ERR_IO, "/dev/null: %s", strerror(errno));
    }
    pid_t pid = fork();
    if (pid == 0) {
        become(argv, user, fd, null);
    }
    int why = errno;
    close(null);
    if (pid < 0) {
        return err_set(err, ERR_IO, "cannot start %s: %s", argv[0], strerror(why));
    }
    *ret = pid;
    return OK;
}

/* Keeps the last OUTPUT_MAX bytes. Returns false at the deadline. */
static bool read_end(int fd, char *buf, size_t *n)
{
    int64_t until_us = monotonic_us() + RUN_TIMEOUT_US;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left_us = until_us - monotonic_us();
        if (left_us <= 0 || (poll(&p, 1, (int)(left_us / 1000)) < 0 && errno != EINTR)) {
            return false;
        }
        if (!p.revents) {
            continue;
        }
        char chunk[512];
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got <= 0) {
            return true;
        }
        size_t len = (size_t)got;
        size_t excess = *n + len > OUTPUT_MAX ? *n + len - OUTPUT_MAX : 0;
        memmove(buf, buf + excess, *n - excess);
        memcpy(buf + *n - excess, chunk, len);
        *n += len - excess;
    }
}

static struct str last_line(struct str text)
{
    struct str rest = text, line = text;
    while (rest.p) {
        line = str_cut(&rest, '\n');
    }
    return line;
}

enum status pg_child_run(struct arena *arena, const char *const *argv, const struct pg_user *user,
                         struct str *ret_output, struct err *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) {
        return err_set(err, ERR_IO, "pipe: %s", strerror(errno));
    }
    pid_t pid;
    enum status status = pg_child_start(argv, user, fds[1], &pid, err);
    close(fds[1]);
    if (status != OK) {
        close(fds[0]);
        return status;
    }
    char *buf = arena_alloc(arena, OUTPUT_MAX);
    size_t n = 0;
    bool is_over = read_end(fds[0], buf, &n);
    close(fds[0]);
    if (!is_over) {
        kill(-pid, SIGKILL);
    }
    int code = 0;
    while (waitpid(pid, &code, 0) < 0 && errno == EINTR) {
    }
    struct str output = str_trim((struct str){buf, n});
    if (!is_over) {
        return err_set(err, ERR_TIMEOUT, "%s did not finish", argv[0]);
    }
    if (!WIFEXITED(code) || WEXITSTATUS(code) != 0) {
        struct str line = last_line(output);
        return err_set(err, ERR_INTERNAL, "%s failed%s%.*s", argv[0], line.n ? ": " : "",
                       STR_ARG(str_clip_utf8(line, 300)));
    }
    *ret_output = output;
    return OK;
}
