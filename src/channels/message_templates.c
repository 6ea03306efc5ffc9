#include "channels/message_templates.h"

#include "base/once.h"
#include "base/vec.h"
#include "channels/builtin_templates.h"
#include "channels/template_data.h"

enum { LANGUAGES_MAX = 20 };

/* A text that a receiver brings. */
struct own_text {
    struct str receiver;
    enum template_part part;
    const struct template *template;
};

struct message_templates {
    struct words words[LANGUAGES_MAX]; /* English first */
    size_t n_words;
    const struct template *parts[template_part_COUNT];
    VEC(struct own_text) own;
    bool is_own;
    const struct gotime_zone *zone;
    const struct gotime_zone *(*find_zone)(void *context, struct str name);
    void *context;
};

struct building {
    struct arena *arena;
    const struct message_templates_input *input;
    struct message_templates *templates;
    struct template_set *set;
    struct template_problems *problems;
};

static void complain(struct building *b, struct str where, struct str what)
{
    if (b->problems->n < TEMPLATE_PROBLEMS_MAX) {
        b->problems->v[b->problems->n++] = (struct template_problem){where, what};
    }
}

static enum template_mode mode_of(enum template_part part)
{
    return part == PART_TELEGRAM || part == PART_EMAIL_HTML || part == PART_PAGE ||
                   part == PART_STORM_PAGE || part == PART_NOTICE_PAGE
               ? TEMPLATE_HTML
               : TEMPLATE_TEXT;
}

/* --- words ------------------------------------------------------------------------------------ */

static struct words *words_of(struct message_templates *templates, struct str language)
{
    for (size_t i = 0; i < templates->n_words; i++) {
        if (str_eq(templates->words[i].language, language)) {
            return &templates->words[i];
        }
    }
    return NULL;
}

/* A file changes the words that its language has so far; a new language begins as English. */
static void add_words(struct building *b, struct str path, struct str name, struct str text)
{
    struct message_templates *t = b->templates;
    struct str language;
    struct words words;
    struct err err = ERR_INIT;
    CHECK(words_is_file(name, &language));
    struct words *known = words_of(t, language);
    const struct words *base = known ? known : t->n_words > 0 ? &t->words[0] : NULL;
    if (words_parse(b->arena, name, text, base, &words, &err) != OK) {
        struct str place = str_from(err.where);
        str_cut(&place, ':');
        complain(b, str_printf(b->arena, "%.*s:%.*s", STR_ARG(path), STR_ARG(place)),
                 str_dup(b->arena, str_from(err.detail)));
    } else if (known) {
        *known = words;
    } else if (t->n_words < LANGUAGES_MAX) {
        t->words[t->n_words++] = words;
    } else {
        complain(b, path, STR("too many languages"));
    }
}

/* --- files ------------------------------------------------------------------------------------ */

static bool is_replaced(const struct building *b, struct str name)
{
    for (size_t i = 0; i < b->input->n_files; i++) {
        if (str_eq(b->input->files[i].name, name)) {
            return true;
        }
    }
    return false;
}

static void add_file(struct building *b, struct str path, struct str name, struct str text)
{
    struct str language;
    struct template_error error;
    if (words_is_file(name, &language)) {
        add_words(b, path, name, text);
    } else if (template_set_add(b->set, name, text, &error) != OK) {
        struct str where =
            error.line > 0 ? str_printf(b->arena, "%.*s:%zu", STR_ARG(path), error.line) : path;
        complain(b, where, error.what);
    }
}

/* English is first: the others build upon it. */
static void add_builtin(struct building *b)
{
    struct str language;
    for (int round = 0; round < 2; round++) {
        for (const struct embedded_file *file = builtin_templates; file->name; file++) {
            struct str name = str_from(file->name), text = {file->text, file->len};
            bool is_words = words_is_file(name, &language);
            bool is_first = is_words && str_eq(language, STR("en"));
            if (is_first == (round == 0) && (is_words || !is_replaced(b, name))) {
                add_file(b, name, name, text);
            }
        }
    }
}

/* --- parts ------------------------------------------------------------------------------------ */

static struct str path_of(const struct building *b, struct str name)
{
    for (size_t i = b->input->n_files; i-- > 0;) {
        if (str_eq(b->input->files[i].name, name)) {
            return b->input->files[i].path;
        }
    }
    return name;
}

static const struct template *compile(struct building *b, struct str text, enum template_mode mode,
                                      struct str where)
{
    const struct template *template = NULL;
    struct template_error error;
    if (template_compile(b->set, b->arena, text, mode, &template, &error) == OK &&
        template_check(b->set, template, b->arena, &error) == OK) {
        return template;
    }
    if (error.source.n > 0 && error.line > 0) {
        where = str_printf(b->arena, "%.*s:%zu", STR_ARG(path_of(b, error.source)), error.line);
    }
    complain(b, where, error.what);
    return NULL;
}

static bool is_own_only(enum template_part part)
{
    return part == PART_SLACK_TITLE || part == PART_SLACK_TITLE_LINK ||
           part == PART_SLACK_PRETEXT || part == PART_SLACK_BODY || part == PART_SLACK_COLOR ||
           part == PART_TELEGRAM_PLAIN;
}

static void compile_parts(struct building *b)
{
    for (int part = 0; part < template_part_COUNT; part++) {
        struct str name = str_from(template_part_name((enum template_part)part));
        if (!is_own_only((enum template_part)part)) {
            struct str call = str_printf(b->arena, "{{ template \"%.*s\" . }}", STR_ARG(name));
            b->templates->parts[part] = compile(b, call, mode_of((enum template_part)part), name);
        }
    }
}

static void compile_own(struct building *b)
{
    for (size_t i = 0; i < b->input->n_receivers; i++) {
        const struct receiver *receiver = &b->input->receivers[i];
        for (size_t k = 0; k < receiver->n_messages; k++) {
            const struct message_text *own = &receiver->messages[k];
            struct own_text text = {.receiver = receiver->name, .part = own->part};
            text.template = compile(b, own->text, mode_of(text.part), own->where);
            if (text.template) {
                VEC_PUSH(b->arena, &b->templates->own, text);
            }
        }
    }
}

/* What nobody calls yet may be wrong, too. */
static void check_files(struct building *b)
{
    struct template_error error;
    if (template_set_check(b->set, b->arena, TEMPLATE_TEXT, &error) == OK) {
        return;
    }
    for (const struct template_error *e = &error; e; e = e->more) {
        complain(b, str_printf(b->arena, "%.*s:%zu", STR_ARG(path_of(b, e->source)), e->line),
                 e->what);
    }
}

static const struct gotime_zone *zone_of(const struct message_templates_input *input)
{
    const struct gotime_zone *zone =
        input->find_zone && input->zone.n > 0 && !str_eq(input->zone, STR("UTC"))
            ? input->find_zone(input->context, input->zone)
            : NULL;
    return zone ? zone : &gotime_utc;
}

const struct message_templates *message_templates_new(struct arena *arena,
                                                      const struct message_templates_input *input,
                                                      struct template_problems *ret)
{
    size_t n;
    const struct template_func *funcs = template_data_funcs(&n);
    struct message_templates *templates = ARENA_NEW(arena, struct message_templates);
    struct building b = {.arena = arena,
                         .input = input,
                         .templates = templates,
                         .set = template_set_new(arena, funcs, n),
                         .problems = ret};
    *templates = (struct message_templates){
        .zone = zone_of(input), .find_zone = input->find_zone, .context = input->context};
    ret->n = 0;
    add_builtin(&b);
    for (size_t i = 0; i < input->n_files; i++) {
        add_file(&b, input->files[i].path, input->files[i].name, input->files[i].text);
    }
    if (ret->n == 0) {
        check_files(&b);
    }
    if (ret->n == 0) {
        compile_parts(&b);
        compile_own(&b);
    }
    templates->is_own = input->n_files > 0 || templates->own.n > 0;
    return templates;
}

/* --- those that are built in ------------------------------------------------------------------ */

static struct arena builtin_arena; /* as long as the process */
static const struct message_templates *builtin;
static struct once builtin_once = ONCE_INIT;

static void build_builtin(void)
{
    struct template_problems problems;
    const struct message_templates_input input = {.zone = STR_EMPTY};
    arena_init(&builtin_arena);
    builtin = message_templates_new(&builtin_arena, &input, &problems);
    if (problems.n > 0) {
        UNREACHABLE(str_printf(&builtin_arena, "%.*s: %.*s", STR_ARG(problems.v[0].where),
                               STR_ARG(problems.v[0].what))
                        .p);
    }
}

const struct message_templates *message_templates_builtin(void)
{
    once_run(&builtin_once, build_builtin);
    return builtin;
}

/* --- use -------------------------------------------------------------------------------------- */

const struct words *message_templates_words(const struct message_templates *templates,
                                            struct str language)
{
    for (size_t i = 0; i < templates->n_words; i++) {
        if (str_eq(templates->words[i].language, language)) {
            return &templates->words[i];
        }
    }
    /* "ru-RU" */
    struct str rest = language;
    struct str base = str_cut(&rest, '-');
    return rest.p ? message_templates_words(templates, base) : &templates->words[0];
}

const struct template *message_templates_find(const struct message_templates *templates,
                                              enum template_part part, struct str receiver,
                                              bool *ret_is_own)
{
    for (size_t i = 0; i < templates->own.n; i++) {
        const struct own_text *own = &templates->own.v[i];
        if (own->part == part && str_eq(own->receiver, receiver)) {
            if (ret_is_own) {
                *ret_is_own = true;
            }
            return own->template;
        }
    }
    if (ret_is_own) {
        *ret_is_own = false;
    }
    return templates->parts[part];
}

bool message_templates_is_own(const struct message_templates *templates)
{
    return templates->is_own;
}

struct template_env message_templates_env(const struct message_templates *templates, int64_t now_at)
{
    return (struct template_env){.now = gotime_from_at(now_at, templates->zone),
                                 .local = templates->zone,
                                 .find_zone = templates->find_zone,
                                 .context = templates->context,
                                 .limits = TEMPLATE_LIMITS_DEFAULT};
}
