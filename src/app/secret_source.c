#include "app/secret_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct str path_folder(struct str path)
{
    for (size_t i = path.n; i > 0; i--) {
        if (path.p[i - 1] == '/') {
            return str_slice(path, 0, i == 1 ? 1 : i - 1);
        }
    }
    return STR(".");
}

struct str path_below(struct arena *arena, struct str folder, struct str path)
{
    if (path.n && path.p[0] == '/') {
        return str_dup(arena, path);
    }
    struct strbuf text;
    strbuf_init(&text, arena, 4096);
    strbuf_printf(&text, "%.*s/%.*s", STR_ARG(folder), STR_ARG(path));
    return strbuf_str(&text);
}

/* What an administrator should know about the mode, NULL if nothing. */
static const char *find_exposure(struct arena *arena, struct str path, const struct stat *st)
{
    const char *who = NULL;
    if (st->st_mode & (S_IROTH | S_IWOTH)) {
        who = "everyone";
    } else if ((st->st_mode & S_IWGRP) || ((st->st_mode & S_IRGRP) && st->st_uid != 0)) {
        who = "its group";
    }
    if (!who) {
        return NULL;
    }
    struct strbuf text;
    strbuf_init(&text, arena, 4096 + 128);
    strbuf_printf(&text, "secret file %.*s is open to %s (mode %03o); chmod 600 it", STR_ARG(path),
                  who, (unsigned)st->st_mode & 0777U);
    return strbuf_str(&text).p;
}

static enum status read_secret(int fd, struct str path, struct secret **ret, struct err *err)
{
    char bytes[SECRET_BYTES_MAX + 1];
    size_t n = 0;
    enum status status = OK;
    while (n < sizeof(bytes)) {
        ssize_t got = read(fd, bytes + n, sizeof(bytes) - n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            status = err_set(err, ERR_IO, "%.*s: %s", STR_ARG(path), strerror(errno));
            break;
        }
        if (got == 0) {
            break;
        }
        n += (size_t)got;
    }
    if (status == OK && n > SECRET_BYTES_MAX) {
        status =
            err_set(err, ERR_TOO_LARGE, "secret file %.*s has more than 64 KiB", STR_ARG(path));
    }
    if (status == OK && str_trim((struct str){bytes, n}).n == 0) {
        status = err_set(err, ERR_INVALID, "secret file %.*s is empty", STR_ARG(path));
    }
    if (status == OK) {
        *ret = secret_new((struct str){bytes, n});
    }
    explicit_bzero(bytes, sizeof(bytes));
    return status;
}

enum status secret_from_file(struct arena *arena, struct str folder, struct str path,
                             struct secret **ret, const char **ret_warning, struct err *err)
{
    *ret = NULL;
    *ret_warning = NULL;
    struct str full = path_below(arena, folder, path);
    /* O_NONBLOCK: a pipe in place of the file must not hang us. */
    int fd = open(full.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "secret file %.*s: %s",
                       STR_ARG(full), strerror(errno));
    }
    struct stat st;
    enum status status = OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        status = err_set(err, ERR_INVALID, "secret file %.*s is not a regular file", STR_ARG(full));
    } else {
        *ret_warning = find_exposure(arena, full, &st);
        status = read_secret(fd, full, ret, err);
    }
    close(fd);
    return status;
}

enum status secret_from_env(struct arena *arena, struct str name, struct secret **ret,
                            struct err *err)
{
    *ret = NULL;
    const char *value = getenv(str_dup(arena, name).p);
    if (!value) {
        return err_set(err, ERR_NOT_FOUND, "environment variable %.*s is not set", STR_ARG(name));
    }
    if (value[0] == '\0') {
        return err_set(err, ERR_INVALID, "environment variable %.*s is empty", STR_ARG(name));
    }
    *ret = secret_new(str_from(value));
    return OK;
}
