#include "app/cli/config_rollback.h"

#include "app/routes_load.h"
#include "app/secret_source.h"
#include "app/settings_file.h"
#include "base/vec.h"
#include "formats/text_diff.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIFF_MAX = 64 << 20, NEW_FILE_MODE = 0640 };

struct rollback {
    const struct cli_command *command;
    struct arena arena;
    struct routes_source *files; /* `name` becomes where the text goes */
    size_t n_files;
    struct str folder; /* what `!file` paths are relative to */
    bool has_folder;   /* every *.yml of the folder is read, so others are in the way */
};

/* ---- differences ----------------------------------------------------------------------------- */

static bool print_file_diff(struct arena *arena, struct str name, struct str before,
                            struct str after, const char *before_label, const char *after_label)
{
    struct strbuf out;
    strbuf_init(&out, arena, DIFF_MAX);
    if (!text_diff(arena, before, after, &out)) {
        return false;
    }
    printf("--- %.*s\t%s\n+++ %.*s\t%s\n", STR_ARG(name), before_label, STR_ARG(name), after_label);
    struct str text = strbuf_str(&out);
    fwrite(text.p, 1, text.n, stdout);
    return true;
}

static const struct routes_source *find_file(const struct routes_source *files, size_t n,
                                             struct str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(files[i].name, name)) {
            return &files[i];
        }
    }
    return NULL;
}

bool config_print_diff(struct arena *arena, const struct config_row *before,
                       const struct config_row *after)
{
    struct routes_source *a, *b;
    size_t n_a, n_b;
    bool differs = false;
    routes_split(arena, before->source, &a, &n_a);
    routes_split(arena, after->source, &b, &n_b);
    const char *before_label = str_c(arena, str_slice(before->hash, 0, 12));
    const char *after_label = str_c(arena, str_slice(after->hash, 0, 12));
    for (size_t i = 0; i < n_a; i++) {
        const struct routes_source *other = find_file(b, n_b, a[i].name);
        differs |= print_file_diff(arena, a[i].name, a[i].text, other ? other->text : STR_EMPTY,
                                   before_label, other ? after_label : "(no such file)");
    }
    for (size_t i = 0; i < n_b; i++) {
        if (!find_file(a, n_a, b[i].name)) {
            differs |= print_file_diff(arena, b[i].name, STR_EMPTY, b[i].text, "(no such file)",
                                       after_label);
        }
    }
    return differs;
}

/* ---- where to -------------------------------------------------------------------------------- */

static int refuse(const struct rollback *r, const char *why, struct str about)
{
    fprintf(stderr, "alertify %s: %.*s%s%s; nothing was written\n", r->command->name,
            STR_ARG(about), about.n ? ": " : "", why);
    return CLI_FAILED;
}

static int choose_original(struct rollback *r)
{
    for (size_t i = 0; i < r->n_files; i++) {
        if (!str_starts_with(r->files[i].name, STR("/"))) {
            return refuse(r, "the server knew this file by a relative path; say where it is: --to",
                          r->files[i].name);
        }
    }
    r->folder = path_folder(r->files[0].name);
    return CLI_GO;
}

/* Templates stay where they were, relative to the routing files that name them. */
static struct str part_below(const struct routes_source *file, struct str folder)
{
    bool is_below = file->is_template && str_starts_with(file->name, folder) &&
                    file->name.n > folder.n && file->name.p[folder.n] == '/';
    return is_below ? str_slice(file->name, folder.n + 1, file->name.n) : str_base_name(file->name);
}

static int choose_folder(struct rollback *r, struct str folder)
{
    struct str before = path_folder(r->files[0].name);
    r->folder = folder;
    r->has_folder = true;
    for (size_t i = 0; i < r->n_files; i++) {
        r->files[i].name = path_below(&r->arena, folder, part_below(&r->files[i], before));
        if (find_file(r->files, i, r->files[i].name)) {
            return refuse(r, "two files of that configuration have this name", r->files[i].name);
        }
    }
    return CLI_GO;
}

static int choose_places(struct rollback *r, const char *to)
{
    struct stat st;
    if (!to) {
        return choose_original(r);
    }
    if (stat(to, &st) == 0 && S_ISDIR(st.st_mode)) {
        return choose_folder(r, str_from(to));
    }
    if (r->n_files > 1) {
        return refuse(r, "that configuration has several files, --to must be a folder",
                      str_from(to));
    }
    r->files[0].name = str_from(to);
    r->folder = path_folder(r->files[0].name);
    return CLI_GO;
}

/* Routing files in the folder that the stored configuration does not have. */
static int check_strangers(struct rollback *r)
{
    DIR *dir = r->has_folder ? opendir(str_c(&r->arena, r->folder)) : NULL;
    int code = CLI_GO;
    const struct dirent *entry;
    while (dir && code == CLI_GO && (entry = readdir(dir))) {
        struct str name = str_from(entry->d_name);
        struct str path = path_below(&r->arena, r->folder, name);
        bool is_read = name.p[0] != '.' &&
                       (str_ends_with(name, STR(".yml")) || str_ends_with(name, STR(".yaml")));
        if (is_read && !find_file(r->files, r->n_files, path)) {
            code = refuse(r, "not part of that configuration; move it away first", path);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return code;
}

static int check_loads(struct rollback *r)
{
    struct problems problems;
    struct routes_result result;
    problems_init(&problems, &r->arena);
    if (routes_load_texts(&r->arena, r->folder, r->files, r->n_files, &problems, &result)) {
        routes_release(&result);
        return CLI_GO;
    }
    fputs(problems.text.p, stderr);
    return refuse(r, "that configuration does not load today", STR_EMPTY);
}

/* ---- writing --------------------------------------------------------------------------------- */

static struct str old_text(struct rollback *r, const struct routes_source *file)
{
    struct err unused = ERR_INIT;
    struct str text = STR_EMPTY;
    if (file_read(&r->arena, str_c(&r->arena, file->name), YAML_BYTES_MAX, &text, &unused) != OK) {
        return STR_EMPTY;
    }
    return text;
}

static bool write_all(int fd, struct str text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        text = str_slice(text, n > 0 ? (size_t)n : 0, text.n);
    }
    return true;
}

/* The path of the new text, hidden from the server until it is renamed. */
static const char *new_path(struct rollback *r, const struct routes_source *file)
{
    struct str hidden = str_printf(&r->arena, ".%.*s.new", STR_ARG(str_base_name(file->name)));
    return str_c(&r->arena, path_below(&r->arena, path_folder(file->name), hidden));
}

/* Owner and mode are those of the file that is replaced. */
static bool write_new(struct rollback *r, const struct routes_source *file)
{
    struct stat st;
    bool is_there = stat(str_c(&r->arena, file->name), &st) == 0;
    const char *path = new_path(r, file);
    (void)unlink(path);
    if (file->is_template) {
        (void)mkdir(str_c(&r->arena, path_folder(file->name)), 0755);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool is_done = write_all(fd, file->text) && fsync(fd) == 0 &&
                   (!is_there || geteuid() != 0 || fchown(fd, st.st_uid, st.st_gid) == 0) &&
                   fchmod(fd, is_there ? st.st_mode & 07777 : NEW_FILE_MODE) == 0;
    int error = errno;
    is_done = close(fd) == 0 && is_done;
    errno = error;
    return is_done;
}

/* All new texts are on the disk before the first old one goes. */
static int write_files(struct rollback *r)
{
    size_t written = 0;
    while (written < r->n_files && write_new(r, &r->files[written])) {
        written++;
    }
    if (written < r->n_files) {
        const char *why = strerror(errno);
        for (size_t i = 0; i <= written; i++) {
            (void)unlink(new_path(r, &r->files[i]));
        }
        return refuse(r, why, r->files[written].name);
    }
    for (size_t i = 0; i < r->n_files; i++) {
        if (rename(new_path(r, &r->files[i]), str_c(&r->arena, r->files[i].name)) != 0) {
            fprintf(stderr, "alertify %s: %.*s: %s; only %zu of %zu files were replaced\n",
                    r->command->name, STR_ARG(r->files[i].name), strerror(errno), i, r->n_files);
            return CLI_FAILED;
        }
    }
    return CLI_OK;
}

/* A link stays one: the file behind it is replaced. */
static void follow_links(struct rollback *r)
{
    char real[PATH_MAX];
    for (size_t i = 0; i < r->n_files; i++) {
        if (realpath(str_c(&r->arena, r->files[i].name), real)) {
            r->files[i].name = str_dup(&r->arena, str_from(real));
        }
    }
}

static int roll_back(struct rollback *r, bool is_sure)
{
    bool differs = false;
    follow_links(r);
    for (size_t i = 0; i < r->n_files; i++) {
        differs |= print_file_diff(&r->arena, r->files[i].name, old_text(r, &r->files[i]),
                                   r->files[i].text, "now", "then");
    }
    if (!differs) {
        puts("the files are as they were then; nothing to write");
        return CLI_OK;
    }
    if (!is_sure) {
        puts("nothing was written; write this with: --yes");
        return CLI_OK;
    }
    int code = write_files(r);
    if (code == CLI_OK) {
        printf("%zu file%s written; put it in force: SIGHUP to the server, or POST /-/reload\n",
               r->n_files, r->n_files == 1 ? "" : "s");
    }
    return code;
}

int config_rollback(const struct cli_command *command, const struct config_row *config,
                    const struct rollback_wish *wish)
{
    struct rollback r = {.command = command};
    arena_init(&r.arena);
    routes_split(&r.arena, config->source, &r.files, &r.n_files);
    int code = r.n_files == 0 ? refuse(&r, "there are no files in it", config->hash)
                              : choose_places(&r, wish->to);
    if (code == CLI_GO) {
        code = check_strangers(&r);
    }
    if (code == CLI_GO) {
        code = check_loads(&r);
    }
    if (code == CLI_GO) {
        code = roll_back(&r, wish->is_sure);
    }
    arena_release(&r.arena);
    return code;
}
