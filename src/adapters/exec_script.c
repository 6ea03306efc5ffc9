#include "adapters/exec_script.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FD_SCRIPT = 3, FD_FAILURE = 4, FD_SAFE = 10, NAME_LEN_MAX = 255, OPEN_FILES_MAX = 256 };

static bool is_owner_good(const struct stat *st, bool is_own_allowed)
{
    return st->st_uid == 0 || (is_own_allowed && st->st_uid == geteuid());
}

static enum status check_folder(int fd, const char *path, int end, bool is_own_allowed,
                                struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return err_set(err, ERR_INVALID, "%.*s: %s", end, path, strerror(errno));
    }
    if (!is_owner_good(&st, is_own_allowed)) {
        return err_set(err, ERR_INVALID, "%.*s: the folder does not belong to root", end, path);
    }
    if ((st.st_mode & 022) && !(st.st_mode & S_ISVTX)) {
        return err_set(err, ERR_INVALID, "%.*s: the folder is writable by others", end, path);
    }
    return OK;
}

static enum status check_file(int fd, const char *path, bool is_own_allowed, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return err_set(err, ERR_INVALID, "%s: %s", path, strerror(errno));
    }
    const char *fault = !S_ISREG(st.st_mode)                  ? "is not a regular file"
                        : !is_owner_good(&st, is_own_allowed) ? "does not belong to root"
                        : (st.st_mode & 022)                  ? "is writable by others"
                        : (st.st_mode & (S_ISUID | S_ISGID))  ? "is set-user-id"
                        : !(st.st_mode & 0111)                ? "is not executable"
                                                              : NULL;
    return fault ? err_set(err, ERR_INVALID, "%s: %s", path, fault) : OK;
}

/* Opens one part below `folder` without following a link. */
static enum status open_part(int folder, struct str part, int flags, const char *path, int end,
                             int *ret, struct err *err)
{
    char name[NAME_LEN_MAX + 1];
    if (part.n == 0 || part.n > NAME_LEN_MAX || str_eq(part, STR(".")) || str_eq(part, STR(".."))) {
        return err_set(err, ERR_INVALID, "%s: not a plain absolute path", path);
    }
    memcpy(name, part.p, part.n);
    name[part.n] = '\0';
    int fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        struct stat st;
        bool is_link = fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
        return err_set(err, ERR_INVALID, "%.*s: %s", end, path,
                       is_link ? "is a symbolic link" : strerror(errno));
    }
    *ret = fd;
    return OK;
}

enum status script_open(const char *path, bool is_own_allowed, int *ret_fd, struct err *err)
{
    if (path[0] != '/') {
        return err_set(err, ERR_INVALID, "%s: not a plain absolute path", path);
    }
    int folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return err_set(err, ERR_IO, "/: %s", strerror(errno));
    }
    enum status status = check_folder(folder, "/", 1, is_own_allowed, err);
    struct str rest = str_from(path + 1);
    while (status == OK) {
        struct str part = str_cut(&rest, '/');
        bool is_last = !rest.p;
        int end = (int)(part.p + part.n - path);
        int fd = -1;
        /* O_NONBLOCK: a pipe in the file's place must not hold us up. */
        int flags = is_last ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH | O_DIRECTORY;
        status = open_part(folder, part, flags, path, end, &fd, err);
        if (status != OK) {
            break;
        }
        status = is_last ? check_file(fd, path, is_own_allowed, err)
                         : check_folder(fd, path, end, is_own_allowed, err);
        if (status == OK && is_last) {
            *ret_fd = fd;
            break;
        }
        close(folder);
        folder = fd;
    }
    close(folder);
    return status;
}

static void limit(int resource, rlim_t value)
{
    struct rlimit both = {.rlim_cur = value, .rlim_max = value};
    struct rlimit old;
    if (getrlimit(resource, &old) == 0 && old.rlim_max < value) {
        both.rlim_cur = both.rlim_max = old.rlim_max; /* raising needs root */
    }
    setrlimit(resource, &both);
}

static void set_limits(const struct script_start *start)
{
    const struct runner_settings *settings = start->settings;
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, settings->file_max);
    limit(RLIMIT_CPU, (rlim_t)(start->timeout_us / US_PER_S + 5));
    limit(RLIMIT_NOFILE, OPEN_FILES_MAX);
    bool is_root = settings->has_run_as ? settings->run_as_uid == 0 : geteuid() == 0;
    if (!is_root) {
        limit(RLIMIT_NPROC, settings->processes_max);
    }
    limit(RLIMIT_AS, settings->memory_max);
}

static bool set_identity(const struct runner_settings *settings)
{
    if (settings->has_run_as &&
        (setgroups(0, NULL) != 0 ||
         setresgid(settings->run_as_gid, settings->run_as_gid, settings->run_as_gid) != 0 ||
         setresuid(settings->run_as_uid, settings->run_as_uid, settings->run_as_uid) != 0)) {
        return false;
    }
    /* Changing the user clears the parent-death signal, so it comes after. */
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

static bool is_interpreted(int fd)
{
    char magic[2];
    return pread(fd, magic, 2, 0) == 2 && magic[0] == '#' && magic[1] == '!';
}

static bool set_descriptors(const struct script_start *start)
{
    int file = fcntl(start->file, F_DUPFD_CLOEXEC, FD_SAFE);
    int input = fcntl(start->input, F_DUPFD_CLOEXEC, FD_SAFE);
    int output = fcntl(start->output, F_DUPFD_CLOEXEC, FD_SAFE);
    int failure = fcntl(start->failure, F_DUPFD_CLOEXEC, FD_SAFE);
    if (file < 0 || input < 0 || output < 0 || failure < 0) {
        return false;
    }
    /* An interpreter opens the script again as /dev/fd/3, so there it must survive the exec. */
    int file_flags = is_interpreted(file) ? 0 : O_CLOEXEC;
    return dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
           dup2(output, STDERR_FILENO) >= 0 && dup3(file, FD_SCRIPT, file_flags) >= 0 &&
           dup3(failure, FD_FAILURE, O_CLOEXEC) >= 0 && close_range(FD_FAILURE + 1, ~0U, 0) == 0;
}

static void reset_signals(void)
{
    for (int i = 1; i < NSIG; i++) {
        signal(i, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void script_exec(const struct script_start *start)
{
    int failure = start->failure;
    reset_signals();
    setsid();
    umask(022);
    if (chdir("/") == 0 && set_descriptors(start)) {
        failure = FD_FAILURE;
        set_limits(start);
        if (set_identity(start->settings)) {
            execveat(FD_SCRIPT, "", start->argv, start->envp, AT_EMPTY_PATH);
        }
    }
    int why = errno;
    (void)!write(failure, &why, sizeof(why));
    _exit(127);
}
