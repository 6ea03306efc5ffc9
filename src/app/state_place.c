#include "app/state_place.h"

#include "base/digest.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACE_FOR_ALL "/var/lib/alertify"

/* The first folder on the way that only its owner or group may enter; NULL: the way is free. What
 * is not there yet will be made by us, and open. */
static const char *barrier(struct arena *arena, const char *state)
{
    for (size_t i = 1; state[i]; i++) {
        struct stat st;
        if (state[i] != '/') {
            continue;
        }
        const char *folder = arena_dup(arena, state, i);
        if (stat(folder, &st) == 0 && !(st.st_mode & S_IXOTH)) {
            return folder;
        }
    }
    return NULL;
}

static enum status make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        return err_at(err, ERR_IO, path, "%s", strerror(errno));
    }
    return OK;
}

/* One folder for each checkout: its name and a hash of its path. */
static const char *elsewhere(struct arena *arena, const char *state)
{
    struct str path = str_from(state);
    struct str hash = digest_hex(arena, path);
    return str_printf(arena, PLACE_FOR_ALL "/up-%.*s", 12, hash.p).p;
}

enum status state_place(struct arena *arena, const char *state, bool is_default, const char **ret,
                        struct err *err)
{
    char real[PATH_MAX];
    if (realpath(state, real)) {
        state = arena_dup(arena, real, strlen(real));
    }
    const char *closed = geteuid() == 0 ? barrier(arena, state) : NULL;
    *ret = state;
    if (!closed) {
        return OK;
    }
    if (!is_default) {
        return err_at(err, ERR_INVALID, state,
                      "PostgreSQL does not run as root, and the user it runs as may not enter %s; "
                      "name a folder that can be reached, such as --state " PLACE_FOR_ALL "/trial",
                      closed);
    }
    *ret = elsewhere(arena, state);
    if (make_folder(PLACE_FOR_ALL, err) != OK || make_folder(*ret, err) != OK) {
        return err->code;
    }
    if (symlink(*ret, state) != 0) {
        return err_at(err, ERR_IO, state, "making a link to %s: %s", *ret, strerror(errno));
    }
    return OK;
}
