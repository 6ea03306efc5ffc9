#include "adapters/embedded_pg.h"

#include "adapters/embedded_folder.h"
#include "adapters/pg_conn.h"
#include "adapters/pg_postmaster.h"
#include "base/monotonic.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    LOG_MAX = 16 * 1024 * 1024,
    START_TRIES = 5,
    WAL_MAX_MB = 4096,
    WAL_MIN_MB = 256,
    FLAGS_MAX = 48,
};

static void pause_us(int64_t us)
{
    struct timespec left = {.tv_sec = us / US_PER_S, .tv_nsec = us % US_PER_S * 1000};
    nanosleep(&left, NULL);
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
    enum status status = embedded_folder_allow(e, err);
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
        return embedded_folder_error(err, e->log_file);
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
    enum status status = embedded_folder_open(e, s, err);
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
