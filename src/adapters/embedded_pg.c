#include "adapters/embedded_pg.h"

#include "adapters/pg_binaries.h"
#include "adapters/pg_conn.h"
#include "adapters/pg_postmaster.h"
#include "base/monotonic.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_US (30 * US_PER_S)
#define RECOVERY_TIMEOUT_US (10 * US_PER_MIN)
#define STOP_TIMEOUT_US (30 * US_PER_S)
#define POLL_US (20 * US_PER_MS)
enum {
    SOCKET_PATH_MAX = 107, /* sun_path without its NUL */
    LOG_MAX = 16 * 1024 * 1024,
    START_TRIES = 5,
    WAL_MAX_MB = 4096,
    WAL_MIN_MB = 256,
    FLAGS_MAX = 48,
};

struct embedded_pg {
    struct arena arena;
    const char *state_dir, *data_dir, *run_dir, *log_file, *hba_file, *ident_file, *conninfo;
    struct pg_user user;
    struct pg_binaries binaries;
    int lock_fd;
    pid_t pid;
    bool is_child; /* ours to wait for */
    bool is_adopted;
};

static void pause_us(int64_t us)
{
    struct timespec left = {.tv_sec = us / US_PER_S, .tv_nsec = us % US_PER_S * 1000};
    nanosleep(&left, NULL);
}

static enum status os_error(struct err *err, const char *path)
{
    return err_at(err, ERR_IO, path, "%s", strerror(errno));
}

/* --- the folder --- */

static enum status make_dir(const char *path, mode_t mode, const struct pg_user *owner,
                            struct err *err)
{
    if (mkdir(path, mode) != 0) {
        return errno == EEXIST ? OK : os_error(err, path);
    }
    if (chmod(path, mode) != 0 ||
        (owner && geteuid() == 0 && chown(path, owner->uid, owner->gid) != 0)) {
        return os_error(err, path);
    }
    return OK;
}

static enum status lock_state(struct embedded_pg *e, struct err *err)
{
    /* 0711: the server's user must pass through, nobody needs to list. */
    enum status status = make_dir(e->state_dir, geteuid() == 0 ? 0711 : 0700, NULL, err);
    if (status != OK) {
        return status;
    }
    const char *path = str_printf(&e->arena, "%s/up.lock", e->state_dir).p;
    e->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (e->lock_fd < 0) {
        return os_error(err, path);
    }
    if (flock(e->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        return err_at(err, ERR_CONFLICT, e->state_dir, "another alertify uses this state folder");
    }
    return OK;
}

static enum status choose_user(struct embedded_pg *e, const char *setting, struct err *err)
{
    uid_t self = geteuid();
    struct stat data;
    bool has_data = stat(e->data_dir, &data) == 0;
    if (self != 0) {
        if (has_data && data.st_uid != self) {
            return err_at(err, ERR_INVALID, e->data_dir,
                          "belongs to user id %u, alertify runs as %u", (unsigned)data.st_uid,
                          (unsigned)self);
        }
        if (!pg_user_find(NULL, self, &e->user)) {
            return err_set(err, ERR_INVALID,
                           "user id %u has no passwd entry and PostgreSQL refuses to run without "
                           "one: start the container with a user of the image, add an entry, or "
                           "use an external PostgreSQL",
                           (unsigned)self);
        }
        return OK;
    }
    static const char *const defaults[] = {"alertify", "postgres", "nobody"};
    bool is_found = setting && pg_user_find(setting, 0, &e->user);
    if (!setting && has_data && data.st_uid != 0) {
        is_found = pg_user_find(NULL, data.st_uid, &e->user);
    }
    for (size_t i = 0; !setting && !is_found && i < 3; i++) {
        is_found = pg_user_find(defaults[i], 0, &e->user);
    }
    if (!is_found || e->user.uid == 0) {
        return err_set(err, ERR_INVALID,
                       "PostgreSQL does not run as root: name an existing unprivileged user%s%s",
                       setting ? ", not " : "", setting ? setting : "");
    }
    return OK;
}

/* A folder in a place where anybody may write must be ours before we trust what is in it. */
static enum status check_private(const struct embedded_pg *e, const char *path, struct err *err)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return os_error(err, path);
    }
    if (!S_ISDIR(st.st_mode) || st.st_uid != e->user.uid || (st.st_mode & 077) != 0) {
        return err_at(err, ERR_INVALID, path,
                      "must be a folder of user %s with mode 0700; somebody else made it",
                      e->user.name);
    }
    return OK;
}

static enum status choose_run_dir(struct embedded_pg *e, struct err *err)
{
    static const char socket_name[] = "/.s.PGSQL.5432";
    struct str dir = str_printf(&e->arena, "%s/run", e->state_dir);
    if (dir.n + sizeof(socket_name) - 1 > SOCKET_PATH_MAX) {
        /* A name that depends only on the state folder, so that the next start finds it. */
        const char *base = getenv("XDG_RUNTIME_DIR");
        if (geteuid() == 0) {
            base = access("/run", W_OK) == 0 ? "/run" : "/tmp";
        } else if (!base || strlen(base) > 60 || access(base, W_OK) != 0) {
            base = "/tmp";
        }
        dir = str_printf(&e->arena, "%s/alertify-%016llx", base,
                         (unsigned long long)str_hash(str_from(e->state_dir)));
    }
    e->run_dir = str_c(&e->arena, dir);
    enum status status = make_dir(e->run_dir, 0700, &e->user, err);
    return status == OK ? check_private(e, e->run_dir, err) : status;
}

/* --- making the cluster --- */

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static enum status write_file(const char *path, struct str text, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool is_written =
        fd >= 0 && fchmod(fd, 0644) == 0 && write(fd, text.p, text.n) == (ssize_t)text.n;
    enum status status = is_written ? OK : os_error(err, path);
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

/* Who may connect: the kernel tells the server which OS user it is. Written before every start,
 * because the users may change, and beside the data, because root must not write into a folder
 * that belongs to somebody else. */
static enum status write_access(struct embedded_pg *e, struct err *err)
{
    struct pg_user self;
    if (!pg_user_find(NULL, geteuid(), &self)) {
        self = e->user;
    }
    enum status status = write_file(e->hba_file, STR("local all all peer map=alertify\n"), err);
    if (status != OK) {
        return status;
    }
    struct str map = str_printf(&e->arena,
                                "alertify %s alertify\nalertify %s postgres\n"
                                "alertify %s alertify\nalertify %s postgres\n",
                                e->user.name, e->user.name, self.name, self.name);
    return write_file(e->ident_file, map, err);
}

/* Made beside and renamed, so that a half-made cluster is never taken for one. */
static enum status make_cluster(struct embedded_pg *e, struct err *err)
{
    const char *fresh = str_printf(&e->arena, "%s/pg.new", e->state_dir).p;
    if (nftw(fresh, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT) {
        return os_error(err, fresh);
    }
    enum status status = make_dir(fresh, 0700, &e->user, err);
    if (status != OK) {
        return status;
    }
    const char *initdb = str_printf(&e->arena, "%s/initdb", e->binaries.dir).p;
    const char *const argv[] = {initdb,
                                "-D",
                                fresh,
                                "-U",
                                "postgres",
                                "--auth-local=peer",
                                "--auth-host=reject",
                                "-E",
                                "UTF8",
                                "--locale=C.UTF-8",
                                "--data-checksums",
                                NULL};
    struct str output;
    status = pg_child_run(&e->arena, argv, &e->user, &output, err);
    if (status != OK) {
        char who[256];
        snprintf(who, sizeof(who), "making the database cluster in %s as user %s", e->state_dir,
                 e->user.name);
        err_wrap(err, who);
        return status;
    }
    if (rename(fresh, e->data_dir) != 0) {
        return os_error(err, e->data_dir);
    }
    int fd = open(e->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    return OK;
}

/* 0 when there is no cluster yet. */
static int data_major(const struct embedded_pg *e)
{
    char path[512], text[32] = "";
    snprintf(path, sizeof(path), "%s/PG_VERSION", e->data_dir);
    FILE *f = fopen(path, "re");
    if (!f) {
        return 0;
    }
    uint64_t major = 0;
    if (fgets(text, sizeof(text), f)) {
        (void)str_to_u64(str_trim(str_from(text)), &major);
    }
    fclose(f);
    return (int)major;
}

/* --- starting the server --- */

static int open_log(const struct embedded_pg *e)
{
    struct stat st;
    if (stat(e->log_file, &st) == 0 && st.st_size > LOG_MAX) {
        char old[512];
        snprintf(old, sizeof(old), "%s.1", e->log_file);
        rename(e->log_file, old);
    }
    return open(e->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
}

/* The last line of the log that tells why. */
static void quote_log(const struct embedded_pg *e, char *buf, size_t size)
{
    char tail[1024] = "";
    FILE *f = fopen(e->log_file, "re");
    if (f) {
        if (fseek(f, -(long)sizeof(tail) + 1, SEEK_END) != 0) {
            rewind(f);
        }
        tail[fread(tail, 1, sizeof(tail) - 1, f)] = '\0';
        fclose(f);
    }
    struct str rest = str_from(tail), best = STR("no message");
    while (rest.p) {
        struct str line = str_cut(&rest, '\n');
        if (str_contains(line, STR("FATAL:")) || str_contains(line, STR("postgres:"))) {
            best = line;
        }
    }
    snprintf(buf, size, "%.*s", STR_ARG(best));
}

static int max_wal_mb(const struct embedded_pg *e)
{
    struct statvfs fs;
    if (statvfs(e->state_dir, &fs) != 0) {
        return WAL_MIN_MB;
    }
    uint64_t eighth_mb = (uint64_t)fs.f_bavail * fs.f_frsize / 8 / (1024 * 1024);
    return eighth_mb > WAL_MAX_MB   ? WAL_MAX_MB
           : eighth_mb < WAL_MIN_MB ? WAL_MIN_MB
                                    : (int)eighth_mb;
}

/* lz4 is a build option of PostgreSQL: ask the server itself. */
static const char *wal_compression(struct embedded_pg *e, const char *postgres)
{
    static const char lz4[] = "wal_compression=lz4";
    const char *const argv[] = {postgres,          "-D", e->data_dir, "-C",
                                "wal_compression", "-c", lz4,         NULL};
    struct str output;
    bool has_lz4 =
        e->binaries.major >= 15 && pg_child_run(&e->arena, argv, &e->user, &output, NULL) == OK;
    return has_lz4 ? lz4 : "wal_compression=on";
}

static enum status launch(struct embedded_pg *e, struct err *err)
{
    enum status status = write_access(e, err);
    if (status != OK) {
        return status;
    }
    const char *postgres = str_printf(&e->arena, "%s/postgres", e->binaries.dir).p;
    const char *settings[] = {
        str_printf(&e->arena, "hba_file=%s", e->hba_file).p,
        str_printf(&e->arena, "ident_file=%s", e->ident_file).p,
        "listen_addresses=",
        "port=5432",
        "unix_socket_permissions=0700",
        "max_connections=50",
        "shared_buffers=128MB",
        str_printf(&e->arena, "max_wal_size=%dMB", max_wal_mb(e)).p,
        "checkpoint_timeout=15min",
        wal_compression(e, postgres),
        "fsync=on",
        "full_page_writes=on",
        "synchronous_commit=on",
        "max_parallel_workers_per_gather=0", /* containers have little /dev/shm */
        "timezone=UTC",
        "log_timezone=UTC",
        "log_destination=stderr",
        "logging_collector=off",
        "log_min_messages=warning",
        "log_line_prefix=%m [%p] ",
    };
    const char *argv[FLAGS_MAX] = {postgres, "-D", e->data_dir, "-k", e->run_dir};
    size_t n = 5;
    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
        argv[n++] = "-c";
        argv[n++] = settings[i];
    }
    CHECK(n < FLAGS_MAX);
    int log = open_log(e);
    if (log < 0) {
        return os_error(err, e->log_file);
    }
    status = pg_child_start(argv, &e->user, log, &e->pid, err);
    close(log);
    e->is_child = status == OK;
    return status;
}

/* Collects our child if it has ended; pid is 0 from then on. */
static bool has_ended(struct embedded_pg *e)
{
    bool is_over = e->pid == 0;
    if (!is_over && e->is_child) {
        int code;
        is_over = waitpid(e->pid, &code, WNOHANG) == e->pid;
    } else if (!is_over) {
        is_over = !postmaster_is_running(e->pid, e->data_dir);
    }
    if (is_over) {
        e->pid = 0;
    }
    return is_over;
}

static const char *make_conninfo(struct embedded_pg *e, const char *role, const char *database)
{
    struct strbuf b;
    strbuf_init(&b, &e->arena, 1024);
    strbuf_add(&b, STR("host='"));
    for (const char *c = e->run_dir; *c; c++) {
        if (*c == '\'' || *c == '\\') {
            strbuf_add_char(&b, '\\');
        }
        strbuf_add_char(&b, *c);
    }
    strbuf_printf(&b, "' port=5432 user=%s dbname=%s", role, database);
    CHECK(!b.is_full);
    return str_c(&e->arena, strbuf_str(&b));
}

/* A real statement as superuser; makes role and database on the way if they are missing. */
static enum status greet(struct embedded_pg *e, struct err *err)
{
    struct pg_settings settings = {.conninfo = make_conninfo(e, "postgres", "postgres"),
                                   .statement_timeout_us = ANSWER_TIMEOUT_US};
    struct pg *pg;
    enum status status = pg_open(&settings, &pg, err);
    if (status != OK) {
        return status;
    }
    struct pg_rows rows;
    status = pg_exec(pg, &e->arena, "embedded_database_exists", NULL, 0, &rows, err);
    if (status == OK && !pg_bool(&rows, 0, pg_column(&rows, "found"))) {
        status = pg_run_named_script(pg, "embedded_role_create", err);
        if (status == OK) {
            status = pg_run_named_script(pg, "embedded_database_create", err);
        }
    }
    pg_free(pg);
    return status;
}

static enum status await_answer(struct embedded_pg *e, struct err *err)
{
    int64_t began_us = monotonic_us();
    for (;;) {
        struct err last = ERR_INIT;
        if (postmaster_is_ready(e->data_dir) && greet(e, &last) == OK) {
            return OK;
        }
        if (has_ended(e)) {
            char why[300];
            quote_log(e, why, sizeof(why));
            return err_at(err, ERR_INTERNAL, e->log_file, "PostgreSQL ended at start: %s", why);
        }
        int64_t waited_us = monotonic_us() - began_us;
        bool recovers = postmaster_is_starting(e->data_dir);
        if (waited_us > (recovers ? RECOVERY_TIMEOUT_US : ANSWER_TIMEOUT_US)) {
            return err_at(err, ERR_TIMEOUT, e->log_file, "PostgreSQL does not answer: %s",
                          last.detail);
        }
        pause_us(POLL_US);
    }
}

/* Tries again, because the children of a killed postmaster need a moment to notice and go. */
static enum status start_server(struct embedded_pg *e, struct err *err)
{
    for (int i = 1;; i++) {
        struct err last = ERR_INIT;
        postmaster_clear_stale(e->data_dir, e->run_dir);
        enum status status = launch(e, &last);
        if (status == OK) {
            status = await_answer(e, &last);
        }
        if (status == OK) {
            return OK;
        }
        if (i == START_TRIES || status != ERR_INTERNAL) {
            return err_at(err, status, last.where, "%s", last.detail);
        }
        pause_us(200 * US_PER_MS);
    }
}

static enum status adopt_or_start(struct embedded_pg *e, struct err *err)
{
    struct postmaster running;
    e->is_adopted = postmaster_find(e->data_dir, &running);
    if (!e->is_adopted) {
        return start_server(e, err);
    }
    e->pid = running.pid;
    e->is_child = false;
    if (running.socket_dir[0]) {
        e->run_dir = arena_dup(&e->arena, running.socket_dir, strlen(running.socket_dir));
    }
    return await_answer(e, err);
}

static enum status prepare_cluster(struct embedded_pg *e, const struct embedded_pg_settings *s,
                                   struct err *err)
{
    enum status status = lock_state(e, err);
    if (status == OK) {
        status = choose_user(e, s->user, err);
    }
    if (status == OK) {
        status =
            pg_binaries_find(&e->arena, s->bin_dir, data_major(e), &e->user, &e->binaries, err);
    }
    if (status == OK && data_major(e) == 0) {
        status = make_cluster(e, err);
    }
    return status == OK ? choose_run_dir(e, err) : status;
}

enum status embedded_pg_start(const struct embedded_pg_settings *s, struct embedded_pg **ret,
                              struct err *err)
{
    struct embedded_pg *e = calloc(1, sizeof(*e));
    CHECK(e);
    arena_init(&e->arena);
    e->lock_fd = -1;
    char *real = realpath(s->state_dir, NULL); /* the server changes its directory */
    e->state_dir = str_c(&e->arena, str_from(real ? real : s->state_dir));
    free(real);
    e->data_dir = str_printf(&e->arena, "%s/pg", e->state_dir).p;
    e->log_file = str_printf(&e->arena, "%s/pg.log", e->state_dir).p;
    e->hba_file = str_printf(&e->arena, "%s/pg_hba.conf", e->state_dir).p;
    e->ident_file = str_printf(&e->arena, "%s/pg_ident.conf", e->state_dir).p;
    enum status status = prepare_cluster(e, s, err);
    if (status == OK) {
        status = adopt_or_start(e, err);
    }
    if (status != OK) {
        embedded_pg_leave(e);
        return status;
    }
    e->conninfo = make_conninfo(e, "alertify", "alertify");
    *ret = e;
    return OK;
}

const char *embedded_pg_conninfo(const struct embedded_pg *e)
{
    return e->conninfo;
}

pid_t embedded_pg_pid(const struct embedded_pg *e)
{
    return e->pid;
}

bool embedded_pg_is_adopted(const struct embedded_pg *e)
{
    return e->is_adopted;
}

enum status embedded_pg_revive(struct embedded_pg *e, bool *ret_revived, struct err *err)
{
    *ret_revived = false;
    if (!has_ended(e)) {
        return OK;
    }
    enum status status = adopt_or_start(e, err);
    *ret_revived = status == OK;
    return status;
}

static bool await_end(struct embedded_pg *e, int64_t timeout_us)
{
    int64_t until_us = monotonic_us() + timeout_us;
    while (!has_ended(e)) {
        if (monotonic_us() > until_us) {
            return false;
        }
        pause_us(POLL_US / 4);
    }
    return true;
}

enum status embedded_pg_stop(struct embedded_pg *e, struct err *err)
{
    if (!e) {
        return OK;
    }
    enum status status = OK;
    if (!has_ended(e)) {
        kill(e->pid, SIGINT); /* fast */
        if (!await_end(e, STOP_TIMEOUT_US)) {
            kill(e->pid, SIGQUIT); /* immediate: nothing committed is lost */
            if (!await_end(e, STOP_TIMEOUT_US)) {
                status =
                    err_set(err, ERR_TIMEOUT, "PostgreSQL (pid %d) does not stop", (int)e->pid);
            }
        }
    }
    embedded_pg_leave(e);
    return status;
}

void embedded_pg_leave(struct embedded_pg *e)
{
    if (!e) {
        return;
    }
    if (e->lock_fd >= 0) {
        close(e->lock_fd);
    }
    arena_release(&e->arena);
    free(e);
}
