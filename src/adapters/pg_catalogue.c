#include "adapters/pg_catalogue.h"

#include <string.h>

/* Is that line among the leading comment lines? */
static bool has_header(const char *text, const char *header)
{
    struct str rest = str_from(text);
    while (rest.p) {
        struct str line = str_trim(str_cut(&rest, '\n'));
        if (!str_starts_with(line, STR("--"))) {
            return false;
        }
        if (str_eq(str_trim(str_slice(line, 2, line.n)), str_from(header))) {
            return true;
        }
    }
    return false;
}

static size_t count_files(const struct embedded_file *files)
{
    size_t n = 0;
    while (files && files[n].name) {
        n++;
    }
    return n;
}

static void add_files(struct pg_catalogue *c, struct arena *arena,
                      const struct embedded_file *files)
{
    for (size_t n = count_files(files), i = 0; i < n; i++) {
        struct str name = str_from(files[i].name);
        if (str_ends_with(name, STR(".sql"))) {
            name.n -= 4;
        }
        struct pg_statement *s = &c->v[c->n++];
        s->name = str_c(arena, name);
        s->text = files[i].text;
        s->is_read = has_header(s->text, "reads");
        s->is_script = has_header(s->text, "script");
    }
}

void pg_catalogue_load(struct pg_catalogue *c, struct arena *arena,
                       const struct embedded_file *more)
{
    size_t n = count_files(sql_catalogue) + count_files(more);
    *c = (struct pg_catalogue){.v = ARENA_ARRAY(arena, struct pg_statement, n)};
    add_files(c, arena, sql_catalogue);
    add_files(c, arena, more);
}

struct pg_statement *pg_catalogue_find(const struct pg_catalogue *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->v[i].name, name) == 0) {
            return &c->v[i];
        }
    }
    UNREACHABLE(name);
}

/* Longest prefix first. */
static const struct {
    const char *prefix;
    struct pg_meaning meaning; /* code, is_retryable, closes */
} sqlstates[] = {
    {"40001", {ERR_UNAVAILABLE, true, false}}, /* serialization_failure */
    {"40P01", {ERR_UNAVAILABLE, true, false}}, /* deadlock_detected */
    {"55P03", {ERR_UNAVAILABLE, true, false}}, /* lock_not_available: lock_timeout */
    {"26000", {ERR_UNAVAILABLE, true, true}},  /* our prepared statements were discarded */
    {"57014", {ERR_TIMEOUT, false, false}},    /* query_canceled: statement_timeout */
    {"23505", {ERR_CONFLICT, false, false}},   /* unique_violation */
    {"25006", {ERR_UNAVAILABLE, false, true}}, /* read_only_sql_transaction: demoted primary */
    {"25P03", {ERR_UNAVAILABLE, false, true}}, /* idle_in_transaction_session_timeout */
    {"08", {ERR_UNAVAILABLE, false, true}},    /* connection */
    {"22", {ERR_INVALID, false, false}},       /* data */
    {"53", {ERR_UNAVAILABLE, false, false}},   /* out of disk, memory, connections */
    {"57", {ERR_UNAVAILABLE, false, true}},    /* shutdown, starting up */
    {"58", {ERR_UNAVAILABLE, false, false}},   /* operating system errors of the server */
};

struct pg_meaning pg_meaning(const char *sqlstate, const char *function)
{
    /* "cached plan must not change result type": a migration changed a table under our prepared
     * statement. Text and SQLSTATE (0A000) are too general to tell; a new session cures it. */
    if (function && strcmp(function, "RevalidateCachedQuery") == 0) {
        return (struct pg_meaning){ERR_UNAVAILABLE, true, true};
    }
    for (size_t i = 0; sqlstate && i < sizeof(sqlstates) / sizeof(*sqlstates); i++) {
        if (strncmp(sqlstate, sqlstates[i].prefix, strlen(sqlstates[i].prefix)) == 0) {
            return sqlstates[i].meaning;
        }
    }
    return (struct pg_meaning){ERR_INTERNAL, false, sqlstate == NULL};
}
