#include "adapters/pg_binaries.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Major version of dir/postgres, or 0: "postgres (PostgreSQL) 15.2 (Debian …)". */
static int major_of(struct arena *arena, const char *dir, const struct pg_user *user)
{
    const char *initdb = str_printf(arena, "%s/initdb", dir).p;
    const char *postgres = str_printf(arena, "%s/postgres", dir).p;
    if (access(initdb, X_OK) != 0 || access(postgres, X_OK) != 0) {
        return 0;
    }
    const char *const argv[] = {postgres, "-V", NULL};
    struct str output;
    if (pg_child_run(arena, argv, user, &output, NULL) != OK) {
        return 0;
    }
    size_t at = str_find(output, ')', 0);
    struct str version = at == SIZE_MAX ? STR_EMPTY : str_trim(str_slice(output, at + 1, output.n));
    size_t digits = 0;
    while (digits < version.n && version.p[digits] >= '0' && version.p[digits] <= '9') {
        digits++;
    }
    uint64_t major = 0;
    (void)str_to_u64(str_slice(version, 0, digits), &major);
    return (int)major;
}

struct search {
    struct arena *arena;
    const struct pg_user *user;
    int wanted;
    int seen; /* newest version met, for the message */
    struct pg_binaries best;
};

static void consider(struct search *s, const char *dir, bool is_preferred)
{
    int major = major_of(s->arena, dir, s->user);
    s->seen = major > s->seen ? major : s->seen;
    bool fits = s->wanted ? major == s->wanted : major >= PG_MAJOR_MIN;
    if (fits && (s->best.major == 0 || (!is_preferred && major > s->best.major))) {
        s->best.major = major;
        snprintf(s->best.dir, sizeof(s->best.dir), "%s", dir);
    }
}

static void consider_usual_places(struct search *s)
{
    static const char *const patterns[] = {"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
                                           "/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"};
    for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
        glob_t found = {0};
        if (glob(patterns[i], 0, NULL, &found) == 0) {
            for (size_t j = 0; j < found.gl_pathc; j++) {
                consider(s, found.gl_pathv[j], false);
            }
        }
        globfree(&found);
    }
}

enum status pg_binaries_find(struct arena *arena, const char *setting, int wanted_major,
                             const struct pg_user *user, struct pg_binaries *ret, struct err *err)
{
    struct search s = {.arena = arena, .user = user, .wanted = wanted_major};
    if (setting) {
        consider(&s, setting, true);
    } else {
        const char *const argv[] = {"pg_config", "--bindir", NULL};
        struct str dir;
        if (pg_child_run(arena, argv, user, &dir, NULL) == OK) {
            consider(&s, str_c(arena, dir), true);
        }
        if (s.best.major == 0) {
            consider_usual_places(&s);
        }
    }
    if (s.best.major != 0) {
        *ret = s.best;
        return OK;
    }
    const char *where = setting ? setting : "the usual places";
    if (wanted_major && s.seen) {
        return err_set(err, ERR_INVALID,
                       "the data was written by PostgreSQL %d, but %s has only %d: install "
                       "PostgreSQL %d again, or move the data with pg_upgrade",
                       wanted_major, where, s.seen, wanted_major);
    }
    if (s.seen) {
        return err_set(err, ERR_INVALID, "PostgreSQL %d in %s is too old: %d or newer is needed",
                       s.seen, where, PG_MAJOR_MIN);
    }
    return err_set(err, ERR_INVALID,
                   "no PostgreSQL server found in %s: install the package postgresql, or give the "
                   "connection string of an existing server",
                   where);
}
