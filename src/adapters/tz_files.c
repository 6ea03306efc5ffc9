#include "adapters/tz_files.h"

#include "formats/tz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 64 };

static bool is_name(struct str name)
{
    if (name.n == 0 || name.n > NAME_MAX_BYTES || name.p[0] == '/' || name.p[0] == '-' ||
        name.p[name.n - 1] == '/') {
        return false;
    }
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && c != '_' && c != '+' && c != '-' && c != '/') {
            return false; /* no dot, so no ".." and no "tzdata.zi" */
        }
    }
    return !str_contains(name, STR("//"));
}

static enum status read_open(struct arena *arena, int fd, struct str name, struct str *ret,
                             struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return err_set(err, ERR_NOT_FOUND, "time zone \"%.*s\" is not there", STR_ARG(name));
    }
    if (st.st_size > TZ_BYTES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "the file of time zone \"%.*s\" is too large",
                       STR_ARG(name));
    }
    size_t size = (size_t)st.st_size, n = 0;
    char *bytes = arena_alloc(arena, size);
    while (n < size) {
        ssize_t got = read(fd, bytes + n, size - n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return err_set(err, ERR_IO, "time zone \"%.*s\": %s", STR_ARG(name),
                           got < 0 ? strerror(errno) : "the file became shorter");
        }
        n += (size_t)got;
    }
    *ret = (struct str){bytes, n};
    return OK;
}

enum status tz_files_read(struct arena *arena, struct str name, struct str *ret, struct err *err)
{
    const char *folder = getenv("TZDIR");
    if (!is_name(name)) {
        return err_set(err, ERR_INVALID, "\"%.*s\" is not the name of a time zone",
                       STR_ARG(str_clip_utf8(name, NAME_MAX_BYTES)));
    }
    struct str path = str_eq(name, STR("Local"))
                          ? STR("/etc/localtime")
                          : str_printf(arena, "%s/%.*s",
                                       folder && folder[0] == '/' ? folder : "/usr/share/zoneinfo",
                                       STR_ARG(name));
    int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return err_set(err, errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO,
                       "time zone \"%.*s\" is not there (%s: %s)", STR_ARG(name), path.p,
                       strerror(errno));
    }
    enum status status = read_open(arena, fd, name, ret, err);
    close(fd);
    return status;
}
