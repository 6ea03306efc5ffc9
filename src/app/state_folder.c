#include "app/state_folder.h"

#include "app/sample_routes.h"
#include "app/secret_source.h"
#include "app/settings_file.h"
#include "base/embedded_file.h"
#include "base/entropy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 32, LINE_BYTES_MAX = 4096 };

enum status state_absolute(struct arena *arena, const char *state, const char **ret,
                           struct err *err)
{
    char here[4096];
    if (!getcwd(here, sizeof(here))) {
        return err_set(err, ERR_IO, "the current folder: %s", strerror(errno));
    }
    struct str path = str_from(state);
    while (str_starts_with(path, STR("./"))) {
        path = str_slice(path, 2, path.n);
    }
    *ret = path_below(arena, str_from(here), path).p;
    return OK;
}

const char *state_path(struct arena *arena, const char *state, const char *name)
{
    return path_below(arena, str_from(state), str_from(name)).p;
}

/* Never leaves half a file behind. */
static enum status write_file(struct arena *arena, const char *path, mode_t mode, struct str text,
                              struct err *err)
{
    struct strbuf temporary;
    strbuf_init(&temporary, arena, 4096);
    strbuf_printf(&temporary, "%s.%d.new", path, (int)getpid());
    int fd = open(temporary.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) {
        return err_at(err, ERR_IO, temporary.p, "%s", strerror(errno));
    }
    bool is_written = write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    int failed = errno;
    is_written = close(fd) == 0 && is_written;
    if (!is_written || rename(temporary.p, path) != 0) {
        failed = is_written ? errno : failed;
        unlink(temporary.p);
        return err_at(err, ERR_IO, path, "%s", strerror(failed));
    }
    return OK;
}

static struct str make_key(struct arena *arena)
{
    uint8_t random[KEY_BYTES];
    entropy_fill(random, sizeof(random));
    struct strbuf text;
    strbuf_init(&text, arena, 2 * KEY_BYTES + 1);
    for (size_t i = 0; i < sizeof(random); i++) {
        strbuf_printf(&text, "%02x", random[i]);
    }
    strbuf_add_char(&text, '\n');
    explicit_bzero(random, sizeof(random));
    return strbuf_str(&text);
}

enum status state_secret_key(struct arena *arena, const char *state, struct secret **ret,
                             struct err *err)
{
    struct err missing = ERR_INIT;
    const char *path = state_path(arena, state, "secret_key"), *warning;
    enum status status =
        secret_from_file(arena, str_from(state), STR("secret_key"), ret, &warning, &missing);
    if (status == OK) {
        return OK;
    }
    if (status != ERR_NOT_FOUND) {
        *err = missing;
        return status;
    }
    struct str key = make_key(arena);
    status = write_file(arena, path, 0600, key, err);
    if (status == OK) {
        *ret = secret_new(key);
    }
    explicit_bzero((char *)(uintptr_t)key.p, key.n);
    return status;
}

enum status state_sample_routes(struct arena *arena, const char *state, const char **ret_folder,
                                struct err *err)
{
    const char *folder = state_path(arena, state, "routes");
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        return err_at(err, ERR_IO, folder, "%s", strerror(errno));
    }
    for (const struct embedded_file *file = sample_routes; file->name; file++) {
        const char *path = state_path(arena, folder, file->name);
        struct str text = {file->text, file->len};
        if (access(path, F_OK) != 0 && write_file(arena, path, 0644, text, err) != OK) {
            return err->code;
        }
    }
    *ret_folder = folder;
    return OK;
}

enum status state_write(struct arena *arena, const char *state, const char *name, struct str text,
                        struct err *err)
{
    struct strbuf line;
    strbuf_init(&line, arena, LINE_BYTES_MAX);
    strbuf_printf(&line, "%.*s\n", STR_ARG(text));
    return write_file(arena, state_path(arena, state, name), 0644, strbuf_str(&line), err);
}

enum status state_read(struct arena *arena, const char *state, const char *name, struct str *ret,
                       struct err *err)
{
    if (file_read(arena, state_path(arena, state, name), LINE_BYTES_MAX, ret, err) != OK) {
        return err->code;
    }
    *ret = str_dup(arena, str_trim(*ret));
    return OK;
}
