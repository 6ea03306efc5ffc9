#include "app/routes_load.h"

#include "adapters/tz_files.h"
#include "app/secret_source.h"
#include "app/settings_file.h"
#include "app/template_files.h"
#include "base/log.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { SOURCE_BYTES_MAX = 16 << 20 };

#define FILE_LINE "# file "
#define TEMPLATE_LINE "#: template "

struct load {
    struct arena *arena;
    struct problems *problems;
    struct str folder; /* what `!file` paths are relative to */
    VEC(struct str) paths;
    VEC(struct routes_source) files;
    VEC(struct routes_source) templates; /* that the files name */
    VEC(struct template_glob) globs;
    uint64_t template_state;
    VEC(struct secret *) secrets; /* until the parser has copied them */
    bool is_blind;
    bool is_stored; /* files and templates are from the history */
};

/* ---- which files ----------------------------------------------------------------------------- */

static int is_routing_file(const struct dirent *entry)
{
    struct str name = str_from(entry->d_name);
    return entry->d_name[0] != '.' &&
           (str_ends_with(name, STR(".yml")) || str_ends_with(name, STR(".yaml")));
}

static void add_folder(struct load *l, struct str folder)
{
    struct dirent **entries = NULL;
    int n = scandir(folder.p, &entries, is_routing_file, alphasort);
    if (n < 0) {
        problem_add_plain(l->problems, false, folder.p, "%s", strerror(errno));
        return;
    }
    if (n == 0) {
        problem_add_plain(l->problems, false, folder.p, "there is no *.yml in this folder");
    }
    for (int i = 0; i < n; i++) {
        VEC_PUSH(l->arena, &l->paths, path_below(l->arena, folder, str_from(entries[i]->d_name)));
        free(entries[i]);
    }
    free(entries);
}

/* The path ends with a NUL. */
static bool is_folder(struct str path)
{
    struct stat st;
    return stat(path.p, &st) == 0 && S_ISDIR(st.st_mode);
}

struct str routes_folder(struct arena *arena, struct setting_texts paths)
{
    struct str first = str_dup(arena, paths.v[0]);
    return is_folder(first) ? first : path_folder(first);
}

static void add_path(struct load *l, struct str path)
{
    path = str_dup(l->arena, path);
    if (!l->folder.p) {
        l->folder = routes_folder(l->arena, (struct setting_texts){&path, 1});
    }
    if (is_folder(path)) {
        add_folder(l, path);
    } else {
        VEC_PUSH(l->arena, &l->paths, path);
    }
}

void routes_list(struct arena *arena, struct setting_texts paths, struct str **ret, size_t *ret_n)
{
    struct problems unused;
    problems_init(&unused, arena);
    struct load l = {.arena = arena, .problems = &unused};
    for (size_t i = 0; i < paths.n; i++) {
        add_path(&l, paths.v[i]);
    }
    *ret = l.paths.v;
    *ret_n = l.paths.n;
}

static void read_files(struct load *l)
{
    if (l->paths.n > ROUTES_FILES_MAX) {
        problem_add_plain(l->problems, false, "", "%zu routing files are more than %d", l->paths.n,
                          ROUTES_FILES_MAX);
        return;
    }
    for (size_t i = 0; i < l->paths.n; i++) {
        struct err err = ERR_INIT;
        struct routes_source file = {.name = l->paths.v[i]};
        if (file_read(l->arena, file.name.p, YAML_BYTES_MAX, &file.text, &err) != OK) {
            problem_add_plain(l->problems, false, err.where, "%s", err.detail);
        } else {
            VEC_PUSH(l->arena, &l->files, file);
        }
    }
}

/* ---- secrets --------------------------------------------------------------------------------- */

/* Whoever sees it used knows that the secret was not read. */
#define UNREAD_SECRET STR("https://secret-not-read.invalid/")

static bool get_env(void *arg, struct str name, struct str *ret)
{
    struct load *l = arg;
    if (l->is_blind) {
        *ret = UNREAD_SECRET;
        return true;
    }
    const char *value = getenv(str_dup(l->arena, name).p);
    *ret = str_from(value);
    return value && value[0] != '\0';
}

static enum status get_file(void *arg, struct str path, struct str *ret, struct err *err)
{
    struct load *l = arg;
    struct secret *secret;
    const char *warning;
    if (l->is_blind) {
        *ret = UNREAD_SECRET;
        return OK;
    }
    if (secret_from_file(l->arena, l->folder, path, &secret, &warning, err) != OK) {
        return err->code;
    }
    VEC_PUSH(l->arena, &l->secrets, secret);
    if (warning) {
        problem_add_plain(l->problems, true, "", "%s", warning);
    }
    *ret = secret_reveal(secret);
    return OK;
}

/* ---- templates ------------------------------------------------------------------------------- */

static enum status get_templates(void *arg, struct str file, struct str glob,
                                 const struct routes_source **ret, size_t *ret_n, struct err *err)
{
    struct load *l = arg;
    *ret_n = 0;
    if (l->is_stored) {
        return OK;
    }
    struct template_glob named = {str_dup(l->arena, file), str_dup(l->arena, glob)};
    struct str *names;
    size_t n;
    VEC_PUSH(l->arena, &l->globs, named);
    template_files_list(l->arena, file, glob, &names, &n);
    l->template_state = files_state(l->template_state, l->arena, names, n);
    if (template_files_read(l->arena, names, n, ret, err) != OK) {
        return err->code;
    }
    *ret_n = n;
    for (size_t i = 0; i < *ret_n; i++) {
        VEC_PUSH(l->arena, &l->templates, (*ret)[i]);
    }
    return OK;
}

/* ---- time ------------------------------------------------------------------------------------ */

static enum status get_zone(void *arg, struct str name, struct str *ret, struct err *err)
{
    struct load *l = arg;
    return tz_files_read(l->arena, name, ret, err);
}

/* For warnings about the next weeks; nothing is decided by it, so the machine's clock will do. */
static int64_t machine_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

/* ---- result ---------------------------------------------------------------------------------- */

static void take_problems(struct problems *p, const struct routes_result *result)
{
    for (size_t i = 0; i < result->n_problems; i++) {
        const struct routes_problem *problem = &result->problems[i];
        strbuf_add(&p->text, problem->shown);
        if (!str_ends_with(problem->shown, STR("\n"))) {
            strbuf_add_char(&p->text, '\n');
        }
        if (problem->severity == PROBLEM_ERROR) {
            struct strbuf where;
            strbuf_init(&where, p->arena, 512);
            strbuf_printf(&where, "%.*s:%u:%u", STR_ARG(problem->file), problem->line,
                          problem->col);
            (void)err_at(&p->first, ERR_INVALID, where.p, "%.*s", STR_ARG(problem->text));
        }
    }
    p->n_errors += result->n_errors;
    p->n_warnings += result->n_warnings;
}

/* The texts of all files with their names: what is hashed and kept in the history. */
static struct str join_files(const struct load *l)
{
    struct strbuf source;
    strbuf_init(&source, l->arena, SOURCE_BYTES_MAX);
    for (size_t i = 0; i < l->files.n + l->templates.n; i++) {
        bool is_template = i >= l->files.n;
        const struct routes_source *file =
            is_template ? &l->templates.v[i - l->files.n] : &l->files.v[i];
        strbuf_printf(&source, "%s%.*s\n", is_template ? TEMPLATE_LINE : FILE_LINE,
                      STR_ARG(file->name));
        strbuf_add(&source, file->text);
        strbuf_add_char(&source, '\n');
    }
    return strbuf_str(&source);
}

/* False after problems. */
static bool read_all(struct load *l, struct setting_texts paths)
{
    for (size_t i = 0; i < paths.n; i++) {
        add_path(l, paths.v[i]);
    }
    read_files(l);
    return l->problems->n_errors == 0;
}

bool routes_load_tree(struct arena *arena, struct setting_texts paths, struct problems *problems,
                      struct routes_result *ret)
{
    struct load load = {.arena = arena, .problems = problems};
    if (!read_all(&load, paths)) {
        return false;
    }
    enum status status = routes_parse_tree(load.files.v, load.files.n, ret);
    take_problems(problems, ret);
    if (status != OK) {
        routes_release(ret);
    }
    return status == OK;
}

static bool parse(struct load *l, struct routes_result *ret)
{
    const struct routes_env env = {.arg = l,
                                   .env = get_env,
                                   .file = get_file,
                                   .zone = get_zone,
                                   .templates = get_templates,
                                   .now_at = machine_now()};
    enum status status = routes_parse(l->files.v, l->files.n, &env, ret);
    take_problems(l->problems, ret);
    for (size_t i = 0; i < l->secrets.n; i++) {
        secret_free(l->secrets.v[i]);
    }
    if (status != OK || l->problems->n_errors > 0 ||
        !template_files_use(l->arena, ret, l->problems)) {
        routes_release(ret);
        return false;
    }
    return true;
}

bool routes_load(struct arena *arena, struct setting_texts paths, struct problems *problems,
                 struct routes_result *ret, struct routes_loaded *ret_loaded)
{
    struct load load = {
        .arena = arena, .problems = problems, .template_state = TEMPLATE_WATCH_NONE};
    bool is_well = read_all(&load, paths) && parse(&load, ret);
    ret_loaded->source = join_files(&load);
    ret_loaded->templates =
        (struct template_watch){load.globs.v, load.globs.n, load.template_state};
    return is_well;
}

bool routes_load_blind(struct arena *arena, struct setting_texts paths, struct problems *problems,
                       struct routes_result *ret)
{
    struct load load = {.arena = arena, .problems = problems, .is_blind = true};
    return read_all(&load, paths) && parse(&load, ret);
}

static bool parse_texts(struct load *l, const struct routes_source *files, size_t n,
                        struct routes_result *ret)
{
    for (size_t i = 0; i < n; i++) {
        VEC_PUSH(l->arena, &l->files, files[i]);
    }
    return parse(l, ret);
}

bool routes_load_texts(struct arena *arena, struct str folder, const struct routes_source *files,
                       size_t n, struct problems *problems, struct routes_result *ret)
{
    struct load load = {.arena = arena, .problems = problems, .folder = folder, .is_stored = true};
    return parse_texts(&load, files, n, ret);
}

bool routes_load_stored(struct arena *arena, struct str source, struct problems *problems,
                        struct routes_result *ret)
{
    struct load load = {.arena = arena, .problems = problems, .is_blind = true, .is_stored = true};
    struct routes_source *files;
    size_t n;
    routes_split(arena, source, &files, &n);
    if (n == 0) {
        problem_add_plain(problems, false, "", "there are no files in that configuration");
        return false;
    }
    return parse_texts(&load, files, n, ret);
}

/* ---- the way back ---------------------------------------------------------------------------- */

/* Whether a file begins here, with join_files' line; *ret_name and *ret_text_at then. */
static bool is_file_line(struct str source, size_t at, struct routes_source *ret,
                         size_t *ret_text_at)
{
    size_t end = str_find(source, '\n', at);
    struct str line = str_slice(source, at, end);
    *ret = (struct routes_source){.is_template = str_starts_with(line, STR(TEMPLATE_LINE))};
    if (!ret->is_template && !str_starts_with(line, STR(FILE_LINE))) {
        return false;
    }
    ret->name = str_slice(
        line, ret->is_template ? sizeof(TEMPLATE_LINE) - 1 : sizeof(FILE_LINE) - 1, line.n);
    *ret_text_at = end < source.n ? end + 1 : source.n;
    return at == 0 || ret->is_template || str_ends_with(ret->name, STR(".yml")) ||
           str_ends_with(ret->name, STR(".yaml"));
}

void routes_split(struct arena *arena, struct str source, struct routes_source **ret, size_t *ret_n)
{
    VEC(struct routes_source) files = {0};
    struct routes_source file, next = {0};
    size_t text_at = 0, next_text_at;
    bool is_in_file = is_file_line(source, 0, &file, &text_at);
    while (is_in_file) {
        size_t at = text_at;
        while (at < source.n && !is_file_line(source, at, &next, &next_text_at)) {
            at = str_find(source, '\n', at) + 1;
        }
        size_t end = at < source.n ? at : source.n;
        is_in_file = at < source.n;
        /* join_files put a line end behind the text. */
        file.name = str_dup(arena, file.name);
        file.text = str_slice(source, text_at, end > text_at ? end - 1 : end);
        VEC_PUSH(arena, &files, file);
        file = next;
        text_at = is_in_file ? next_text_at : end;
    }
    *ret = files.v;
    *ret_n = files.n;
}
