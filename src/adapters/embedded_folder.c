#include "adapters/embedded_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOCKET_PATH_MAX = 107 }; /* sun_path without its NUL */

enum status embedded_folder_error(struct err *err, const char *path)
{
    return err_at(err, ERR_IO, path, "%s", strerror(errno));
}

static enum status make_dir(const char *path, mode_t mode, const struct pg_user *owner,
                            struct err *err)
{
    if (mkdir(path, mode) != 0) {
        return errno == EEXIST ? OK : embedded_folder_error(err, path);
    }
    if (chmod(path, mode) != 0 ||
        (owner && geteuid() == 0 && chown(path, owner->uid, owner->gid) != 0)) {
        return embedded_folder_error(err, path);
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
        return embedded_folder_error(err, path);
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
        return embedded_folder_error(err, path);
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
    enum status status = is_written ? OK : embedded_folder_error(err, path);
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

/* Who may connect: the kernel tells the server which OS user it is. Written before every start,
 * because the users may change, and beside the data, because root must not write into a folder
 * that belongs to somebody else. */
enum status embedded_folder_allow(struct embedded_pg *e, struct err *err)
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
        return embedded_folder_error(err, fresh);
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
        return embedded_folder_error(err, e->data_dir);
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

enum status embedded_folder_open(struct embedded_pg *e, const struct embedded_pg_settings *s,
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
