/* `alertify template render` has the arguments, the output and the exit codes of amtool's
 * `template render`; `alertify template check` looks for mistakes without alerts; `alertify
 * template preview` shows a message as a channel would send it. */
#include "app/cli/cli.h"
#include "app/cli/template_preview.h"
#include "app/cli/template_sample.h"
#include "app/problems.h"
#include "app/settings_file.h"
#include "app/state_folder.h"
#include "app/template_zones.h"
#include "channels/builtin_templates.h"
#include "channels/template_data.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { OUTPUT_MAX = 64 << 20, DATA_MAX = 16 << 20 };

struct request {
    const struct cli_command *command;
    const char *globs[CLI_VALUES_MAX]; /* ended by NULL */
    const char *text, *type, *data;
    struct arena arena;
    struct template_set *set;
    struct template_zones zones;
};

static enum template_mode mode_of(const struct request *r)
{
    return r->type && strcmp(r->type, "html") == 0 ? TEMPLATE_HTML : TEMPLATE_TEXT;
}

static void begin(struct request *r)
{
    struct template_error error;
    size_t n;
    arena_init(&r->arena);
    const struct template_func *funcs = template_data_funcs(&n);
    r->set = template_set_new(&r->arena, funcs, n);
    CHECK(builtin_templates_add(r->set, &error) == OK);
    template_zones_init(&r->zones, &r->arena);
}

/* --- render ----------------------------------------------------------------------------------- */

/* As amtool says it. */
static bool failed(struct str what)
{
    fprintf(stderr, "alertify: error: %.*s\n\n", STR_ARG(what));
    return false;
}

static bool failed_to_read(struct request *r, const struct err *err)
{
    return failed(
        str_printf(&r->arena, "%s%s%s", err->where, err->where[0] ? ": " : "", err->detail));
}

/* An unclosed class or nothing behind a backslash: glob(3) would look for such a file. */
static bool is_pattern(const char *p)
{
    for (; *p; p++) {
        if (*p == '\\' && *++p == '\0') {
            return false;
        }
        if (*p == '[') {
            p += p[1] == '^' ? 2 : 1;
            const char *end = *p ? strchr(p + 1, ']') : NULL;
            if (!end) {
                return false;
            }
            p = end;
        }
    }
    return true;
}

static bool add_file(struct request *r, const char *path)
{
    struct err err = ERR_INIT;
    struct str text;
    struct template_error error;
    if (file_read(&r->arena, path, TEMPLATE_SOURCE_MAX, &text, &err) != OK) {
        return failed_to_read(r, &err);
    }
    return template_set_add(r->set, str_base_name(str_from(path)), text, &error) == OK ||
           failed(error.text);
}

/* A pattern that nothing matches is fine. */
static bool add_glob(struct request *r, const char *pattern)
{
    glob_t found;
    bool is_well = true;
    if (!is_pattern(pattern)) {
        return failed(STR("syntax error in pattern"));
    }
    int code = glob(pattern, GLOB_PERIOD, NULL, &found);
    for (size_t i = 0; code == 0 && is_well && i < found.gl_pathc; i++) {
        struct str name = str_base_name(str_from(found.gl_pathv[i]));
        bool is_self = str_eq(name, STR(".")) || str_eq(name, STR(".."));
        is_well = is_self || add_file(r, found.gl_pathv[i]);
    }
    if (code != GLOB_NOMATCH) {
        globfree(&found);
    }
    return is_well && (code == 0 || code == GLOB_NOMATCH || failed(STR("cannot read the folder")));
}

static bool read_data(struct request *r, struct gotime now, struct value *ret)
{
    struct err err = ERR_INIT;
    struct str text;
    if (!r->data) {
        text = template_sample(&r->arena, now);
    } else if (file_read(&r->arena, r->data, DATA_MAX, &text, &err) != OK) {
        return failed_to_read(r, &err);
    }
    return template_data_read(&r->arena, text, now.zone, ret, &err) == OK ||
           failed_to_read(r, &err);
}

static bool render(struct request *r)
{
    struct timespec clock;
    clock_gettime(CLOCK_REALTIME, &clock);
    const struct gotime_zone *local = template_zones_local(&r->zones);
    struct value data;
    struct template_env env = {.now = {clock.tv_sec, (int32_t)clock.tv_nsec, local},
                               .local = local,
                               .find_zone = template_zones_find,
                               .context = &r->zones,
                               .data = &data,
                               .limits = TEMPLATE_LIMITS_DEFAULT};
    for (size_t i = 0; r->globs[i]; i++) {
        if (!add_glob(r, r->globs[i])) {
            return false;
        }
    }
    if (!read_data(r, env.now, &data)) {
        return false;
    }
    const struct template *template;
    struct template_error error;
    struct strbuf out;
    strbuf_init(&out, &r->arena, OUTPUT_MAX);
    if (template_compile(r->set, &r->arena, str_from(r->text), mode_of(r), &template, &error) !=
            OK ||
        template_render(template, &data, &env, &r->arena, &out, &error) != OK) {
        return failed(error.text);
    }
    fwrite(out.p, 1, out.n, stdout);
    return true;
}

/* --- check ------------------------------------------------------------------------------------ */

static void add_problems(struct problems *problems, const char *path,
                         const struct template_error *error)
{
    for (; error; error = error->more) {
        struct str place =
            str_printf(problems->arena, error->line > 0 ? "%s:%zu" : "%s", path, error->line);
        problem_add_plain(problems, false, place.p, "%.*s", STR_ARG(error->what));
    }
}

/* The file of that name that was read last. */
static const char *find_path(struct str name, int n, char **paths)
{
    while (n-- > 0) {
        if (str_eq(str_base_name(str_from(paths[n])), name)) {
            return paths[n];
        }
    }
    return "";
}

static bool check(struct request *r, int n, char **paths)
{
    struct problems problems;
    struct template_error error;
    problems_init(&problems, &r->arena);
    for (int i = 0; i < n; i++) {
        struct err err = ERR_INIT;
        struct str text;
        if (file_read(&r->arena, paths[i], TEMPLATE_SOURCE_MAX, &text, &err) != OK) {
            problem_add_plain(&problems, false, err.where, "%s", err.detail);
        } else if (template_set_add(r->set, str_base_name(str_from(paths[i])), text, &error) !=
                   OK) {
            add_problems(&problems, paths[i], &error);
        }
    }
    /* What a file defines that cannot be read is not missing. */
    if (problems.n_errors == 0 && template_set_check(r->set, &r->arena, mode_of(r), &error) != OK) {
        for (const struct template_error *e = &error; e; e = e->more) {
            struct template_error one = *e;
            one.more = NULL;
            add_problems(&problems, find_path(e->source, n, paths), &one);
        }
    }
    struct str count = problems_count(&problems);
    printf("%s%.*s; %d file%s\n", problems.text.p, STR_ARG(count), n, n == 1 ? "" : "s");
    return problems.n_errors == 0;
}

/* --- the command ------------------------------------------------------------------------------ */

int cli_template(const struct cli_command *command, int argc, char **argv)
{
    struct request r = {.command = command};
    struct preview_wish wish = {0};
    const struct cli_option options[] = {
        {.name = "template.glob",
         .argument = "GLOB…",
         .help = "render: the template files, in quotes",
         .value = r.globs},
        {.name = "template.text",
         .argument = "TEXT",
         .help = "render: the template, such as '{{ template \"my.title\" . }}'",
         .value = &r.text},
        {.name = "template.type",
         .argument = "TYPE",
         .help = "text (the default) or html",
         .value = &r.type},
        {.name = "template.data",
         .argument = "FILE",
         .help = "render: the body of a webhook of Alertmanager; without it, two made-up alerts",
         .value = &r.data},
        {"channel", "CHANNEL", "preview: slack, telegram, email, webhook, console or web",
         &wish.channel, NULL},
        {"incident", "N", "preview: of this incident; without it, a made-up one", &wish.incident,
         NULL},
        {"config.file", "FILE", "preview: with the templates of this routing file or folder",
         &wish.file, NULL},
        {"receiver", "NAME", "preview: with this receiver's own messages", &wish.receiver, NULL},
        {"language", "L", "preview: en (the default), ru, or one of your own", &wish.language,
         NULL},
        {"kind", "KIND", "preview: page, acknowledged, resolved, update, reminder, …", &wish.kind,
         NULL},
        {"html", "FILE", "preview of email and web: write the HTML there", &wish.html, NULL},
        DATABASE_OPTIONS(wish.choice),
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 1, CLI_VALUES_MAX);
    if (code != CLI_GO) {
        return code;
    }
    if (strcmp(argv[0], "preview") == 0) {
        if (argc > 1 || !wish.channel) {
            return argc > 1 ? cli_usage(command, "\"%s\" is one too many", argv[1])
                            : cli_usage(command, "which one? --channel slack");
        }
        return template_preview(command, &wish);
    }
    bool is_check = strcmp(argv[0], "check") == 0;
    if (!is_check && strcmp(argv[0], "render") != 0) {
        return cli_usage(command, "there is no \"template %s\"", argv[0]);
    }
    if (r.type && strcmp(r.type, "text") != 0 && strcmp(r.type, "html") != 0) {
        return cli_usage(command, "the type is text or html, not \"%s\"", r.type);
    }
    if (is_check ? argc < 2 : argc > 1) {
        return is_check ? cli_usage(command, "which files? template check FILE…")
                        : cli_usage(command, "\"%s\" is one too many", argv[1]);
    }
    if (!is_check && (!r.globs[0] || !r.text)) {
        return cli_usage(command, "--template.%s is missing", r.text ? "glob" : "text");
    }
    begin(&r);
    bool is_done = is_check ? check(&r, argc - 1, argv + 1) : render(&r);
    arena_release(&r.arena);
    return is_done ? CLI_OK : CLI_FAILED;
}
