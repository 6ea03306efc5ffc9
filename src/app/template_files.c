#include "app/template_files.h"

#include "app/secret_source.h"
#include "app/settings_file.h"
#include "app/template_zones.h"
#include "base/vec.h"
#include "channels/message_templates.h"

#include <glob.h>
#include <sys/stat.h>

/* ---- from disk ------------------------------------------------------------------------------- */

void template_files_list(struct arena *arena, struct str routing_file, struct str pattern,
                         struct str **ret, size_t *ret_n)
{
    struct str path = path_below(arena, path_folder(routing_file), pattern);
    glob_t found = {0};
    VEC(struct str) names = {0};
    if (glob(str_c(arena, path), GLOB_NOESCAPE | GLOB_BRACE, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && i <= TEMPLATE_FILES_MAX; i++) {
            VEC_PUSH(arena, &names, str_dup(arena, str_from(found.gl_pathv[i])));
        }
    }
    globfree(&found);
    *ret = names.v;
    *ret_n = names.n;
}

static uint64_t mix(uint64_t h, uint64_t value)
{
    h ^= value + 0x9e3779b97f4a7c15ULL + (h << 6) + (h >> 2);
    return h * 0xd6e8feb86659fd93ULL;
}

/* A file that is not there counts too. */
uint64_t files_state(uint64_t h, struct arena *arena, const struct str *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct stat st = {0};
        bool is_there = stat(str_c(arena, files[i]), &st) == 0;
        h = mix(h, str_hash(files[i]));
        h = mix(h, is_there ? (uint64_t)st.st_ino : 0);
        h = mix(h, (uint64_t)st.st_size);
        h = mix(h, (uint64_t)st.st_mtim.tv_sec);
        h = mix(h, (uint64_t)st.st_mtim.tv_nsec);
    }
    return h;
}

enum status template_files_read(struct arena *arena, const struct str *names, size_t n,
                                const struct routes_source **ret, struct err *err)
{
    if (n > TEMPLATE_FILES_MAX) {
        return err_set(err, ERR_TOO_LARGE, "more than %d files are called so", TEMPLATE_FILES_MAX);
    }
    struct routes_source *files = ARENA_ARRAY(arena, struct routes_source, n);
    for (size_t i = 0; i < n; i++) {
        files[i] = (struct routes_source){.name = names[i], .is_template = true};
        if (file_read(arena, names[i].p, TEMPLATE_FILE_BYTES_MAX, &files[i].text, err) != OK) {
            return err_wrap(err, names[i].p);
        }
    }
    *ret = files;
    return OK;
}

/* ---- compiled -------------------------------------------------------------------------------- */

bool template_files_use(struct arena *arena, struct routes_result *result,
                        struct problems *problems)
{
    const struct settings *settings = result->settings;
    struct template_file *files =
        ARENA_ARRAY(&result->arena, struct template_file, result->n_templates);
    struct template_problems *wrong = ARENA_NEW(arena, struct template_problems);
    for (size_t i = 0; i < result->n_templates; i++) {
        const struct routes_source *source = &result->templates[i];
        files[i] = (struct template_file){str_base_name(source->name), source->name, source->text};
    }
    const struct message_templates_input input = {
        .files = files,
        .n_files = result->n_templates,
        .receivers = settings->receivers,
        .n_receivers = settings->n_receivers,
        .zone = settings->zone ? settings->zone->name : STR_EMPTY,
        .find_zone = template_zones_shared,
    };
    routes_set_templates(result, message_templates_new(&result->arena, &input, wrong));
    for (size_t i = 0; i < wrong->n; i++) {
        problem_add_plain(problems, false, str_c(arena, wrong->v[i].where), "%.*s",
                          STR_ARG(wrong->v[i].what));
    }
    return wrong->n == 0;
}
