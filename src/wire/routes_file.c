#include "wire/routes_file.h"

#include "base/digest.h"
#include "wire/schema.h"

#include <stdlib.h>

static const struct field top_fields[] = {
    {.key = "external_url",
     .type = FIELD_ENTRY,
     .shape = "URL",
     .offset = offsetof(struct sections, external_url),
     .help = "How people reach alertify; links in messages begin with it."},
    {.key = "timezone",
     .type = FIELD_ENTRY,
     .shape = "time zone",
     .offset = offsetof(struct sections, timezone),
     .fallback = "UTC",
     .help = "Of schedules that do not say otherwise, like Europe/London."},
    {.key = "language",
     .type = FIELD_ENTRY,
     .shape = "en or ru",
     .offset = offsetof(struct sections, language),
     .fallback = "en",
     .help = "Of messages; users may differ."},
    {.key = "sources",
     .type = FIELD_NAMED,
     .offset = offsetof(struct sections, sources),
     .schema = &schema_source,
     .help = "Who may post alerts, and how they prove it."},
    {.key = "heartbeats",
     .type = FIELD_NAMED,
     .offset = offsetof(struct sections, heartbeats),
     .schema = &schema_heartbeat,
     .help = "Signs of life that are expected again and again; a missed one is an alert."},
    {.key = "channels",
     .type = FIELD_ENTRY,
     .shape = "map",
     .offset = offsetof(struct sections, channels),
     .schema = &schema_channels,
     .help = "Through what messages leave."},
    {.key = "users",
     .type = FIELD_NAMED,
     .offset = offsetof(struct sections, users),
     .schema = &schema_user,
     .help = "People and how to reach them."},
    {.key = "teams",
     .type = FIELD_NAMED,
     .offset = offsetof(struct sections, teams),
     .schema = &schema_team,
     .help = "Groups of people."},
    {.key = "schedules",
     .type = FIELD_NAMED,
     .offset = offsetof(struct sections, schedules),
     .schema = &schema_schedule,
     .help = "Who is on call when."},
    {.key = "actions",
     .type = FIELD_NAMED,
     .offset = offsetof(struct sections, actions),
     .schema = &schema_action,
     .help = "Scripts that may run, and their fences."},
    {.key = "route",
     .type = FIELD_ENTRY,
     .shape = "map",
     .offset = offsetof(struct sections, route),
     .schema = &schema_route,
     .help = "The routing tree, with Alertmanager's keys and meaning; in one file only."},
    {.key = "receivers",
     .type = FIELD_LISTED,
     .offset = offsetof(struct sections, receivers),
     .schema = &schema_receiver,
     .help = "What happens for an incident."},
    {.key = "catch_all",
     .type = FIELD_ENTRY,
     .shape = "name under receivers",
     .offset = offsetof(struct sections, catch_all),
     .help = "The receiver that is told when an escalation reached nobody."},
    {.key = "time_intervals",
     .type = FIELD_LISTED,
     .offset = offsetof(struct sections, time_intervals),
     .schema = &schema_interval,
     .help = "Named times, as Alertmanager's."},
    {.key = "mute_time_intervals",
     .type = FIELD_LISTED,
     .offset = offsetof(struct sections, time_intervals),
     .schema = &schema_interval,
     .help = "Their older spelling."},
    {.key = "inhibit_rules",
     .type = FIELD_ENTRY,
     .shape = "list of rules",
     .offset = offsetof(struct sections, inhibit_rules),
     .schema = &schema_inhibit,
     .help = "Which firing alerts keep others quiet, with Alertmanager's keys and meaning."},
    {.key = "templates",
     .type = FIELD_ENTRY,
     .shape = "list of paths",
     .offset = offsetof(struct sections, templates),
     .help = "Files of templates and words (docs/templates.md), relative to this file; * and ? as "
             "in a shell. They count in this order, after the built-in ones."},
    {.key = "tracing", .type = FIELD_IGNORED, .help = "alertify does not trace"},
    {.key = "global",
     .type = FIELD_ENTRY,
     .shape = "map",
     .offset = offsetof(struct sections, global),
     .schema = &schema_global,
     .help = "Alertmanager's defaults; our own place for them is channels."},
};
SCHEMA_DEFINE(schema_top, "a routing file", top_fields);

enum { ENTRIES_MAX = 5000 };

static void hash_texts(const struct routes_source *files, size_t n, const struct binder *b,
                       char hex[ROUTES_HASH_HEX + 1])
{
    struct digest digest;
    uint8_t hash[ROUTES_HASH_HEX / 2];
    digest_init(&digest, sizeof(hash));
    for (size_t i = 0; i < n; i++) {
        if (!files[i].is_template) {
            digest_add(&digest, files[i].text);
        }
    }
    for (size_t i = 0; i < b->templates.n; i++) {
        digest_add(&digest, str_base_name(b->templates.v[i].name)); /* wherever it is */
        digest_add(&digest, b->templates.v[i].text);
    }
    digest_end(&digest, hash);
    for (size_t i = 0; i < sizeof(hash); i++) {
        hex[2 * i] = "0123456789abcdef"[hash[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
    }
    hex[ROUTES_HASH_HEX] = '\0';
}

/* Every file that can be read gives its sections; one that cannot gives its first error. */
static void collect(struct binder *b, const struct routes_text *file)
{
    const struct yaml_node *root;
    struct yaml_problem at = {1, 1, 1};
    struct err err = ERR_INIT;
    b->file = file;
    if (yaml_parse_marked(b->arena, file->source.name, file->source.text, &root, &at, &err) != OK) {
        bind_problem_at(b, at, str_printf(b->arena, "%s", err.detail));
        return;
    }
    (void)schema_bind(b, &schema_top, root, &b->sections);
}

static void bind_external_url(struct binder *b)
{
    const struct entry *entry = &b->sections.external_url;
    struct str url;
    b->settings->external_url = STR_EMPTY;
    if (!entry->node) {
        return;
    }
    b->file = entry->file;
    if (!bind_text(b, entry->node, "external_url", &url)) {
        return;
    }
    if (!str_starts_with(url, STR("https://")) && !str_starts_with(url, STR("http://"))) {
        bind_error(b, entry->node, STR("write https://alerts.example.org"),
                   "external_url is not a web address");
    }
    while (str_ends_with(url, STR("/"))) {
        url.n--;
    }
    b->settings->external_url = url;
}

static bool is_too_big(struct binder *b)
{
    const struct entries *all[] = {&b->sections.sources,       &b->sections.users,
                                   &b->sections.teams,         &b->sections.schedules,
                                   &b->sections.actions,       &b->sections.receivers,
                                   &b->sections.time_intervals};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i]->n > ENTRIES_MAX) {
            b->file = all[i]->v[ENTRIES_MAX].file;
            bind_error(b, all[i]->v[ENTRIES_MAX].key, STR_EMPTY, "more than %d of them",
                       ENTRIES_MAX);
            return true;
        }
    }
    return false;
}

/* What has mistakes may have meant to use it: then nothing is said. */
static void check_unused(struct binder *b, const struct entries *entries, const char *what)
{
    for (size_t i = 0; b->n_errors == 0 && i < entries->n; i++) {
        if (!entries->v[i].is_used) {
            b->file = entries->v[i].file;
            bind_warning(b, entries->v[i].key, STR_EMPTY, "%s \"%.*s\"", what,
                         STR_ARG(entries->v[i].name));
        }
    }
}

static void bind_sections(struct binder *b)
{
    if (is_too_big(b)) {
        return;
    }
    if (b->is_tree_only) {
        bind_receiver_names(b);
        bind_routes(b);
        check_unused(b, &b->sections.receivers, "no route uses receiver");
        return;
    }
    bind_external_url(b);
    bind_channels(b);
    bind_alertmanager_global(b);
    bind_sources(b);
    bind_heartbeats(b);
    bind_templates(b);
    bind_times(b);
    bind_people(b);
    bind_actions(b);
    bind_receivers(b);
    bind_inhibit_rules(b);
    bind_routes(b);
    check_unused(b, &b->sections.receivers, "no route uses receiver");
    check_unused(b, &b->sections.time_intervals, "nothing refers to time interval");
    check_unused(b, &b->sections.teams, "no step tells team");
    check_unused(b, &b->sections.schedules, "no step tells schedule");
    check_unused(b, &b->sections.actions, "no step runs action");
}

/* A mistake in the YAML hides what follows it: only then nothing is said about missing things. */
static void check_route_is_there(struct binder *b, const struct routes_text *files)
{
    if (!b->sections.route.node && b->n_errors == 0) {
        b->file = &files[0];
        bind_problem_at(b, (struct yaml_problem){1, 1, 1},
                        STR("there is no route: add route: { receiver: NAME }"));
    }
}

static int by_place(const void *a, const void *b)
{
    const struct routes_problem *left = a, *right = b;
    if (left->file_at != right->file_at) {
        return left->file_at < right->file_at ? -1 : 1;
    }
    if (left->line != right->line) {
        return left->line < right->line ? -1 : 1;
    }
    return left->col != right->col ? (left->col < right->col ? -1 : 1)
                                   : str_cmp(left->text, right->text);
}

static enum status parse(const struct routes_source *files, size_t n, const struct routes_env *env,
                         bool is_tree_only, struct routes_result *ret)
{
    *ret = (struct routes_result){0};
    arena_init(&ret->arena);
    CHECK(n > 0);
    struct arena *arena = &ret->arena;
    struct binder b = {.arena = arena, .env = env, .is_tree_only = is_tree_only};
    b.settings = ARENA_NEW(arena, struct settings);
    struct routes_text *copies = ARENA_ARRAY(arena, struct routes_text, n);
    for (size_t i = 0; i < n; i++) {
        copies[i].source.name = str_dup(arena, files[i].name);
        copies[i].source.text = str_dup(arena, files[i].text);
        copies[i].source.is_template = files[i].is_template;
        copies[i].index = i;
        if (!files[i].is_template) {
            collect(&b, &copies[i]);
            continue;
        }
        VEC_PUSH(arena, &b.templates, copies[i].source);
        b.has_template_files = true;
    }
    check_route_is_there(&b, copies);
    bind_sections(&b);
    hash_texts(files, n, &b, ret->hash);
    bind_hide_literals(&b);
    if (b.problems.n > 0) {
        qsort(b.problems.v, b.problems.n, sizeof(*b.problems.v), by_place);
    }
    ret->problems = b.problems.v;
    ret->n_problems = b.problems.n;
    ret->n_errors = b.n_errors;
    ret->n_warnings = b.n_warnings;
    ret->templates = b.templates.v;
    ret->n_templates = b.templates.n;
    ret->settings = b.n_errors == 0 ? b.settings : NULL;
    return b.n_errors == 0 ? OK : ERR_INVALID;
}

enum status routes_parse(const struct routes_source *files, size_t n, const struct routes_env *env,
                         struct routes_result *ret)
{
    return parse(files, n, env, false, ret);
}

enum status routes_parse_tree(const struct routes_source *files, size_t n,
                              struct routes_result *ret)
{
    return parse(files, n, NULL, true, ret);
}

struct str routes_report(struct routes_result *result)
{
    struct strbuf out;
    strbuf_init(&out, &result->arena, 1 << 20);
    for (size_t i = 0; i < result->n_problems; i++) {
        strbuf_add(&out, result->problems[i].shown);
        strbuf_add_char(&out, '\n');
    }
    if (result->n_problems > 0) {
        strbuf_printf(&out, "%zu error%s, %zu warning%s%s\n", result->n_errors,
                      result->n_errors == 1 ? "" : "s", result->n_warnings,
                      result->n_warnings == 1 ? "" : "s",
                      result->n_errors ? "; nothing was changed" : "");
    }
    return strbuf_str(&out);
}

void routes_release(struct routes_result *result)
{
    arena_release(&result->arena);
    *result = (struct routes_result){0};
}

void routes_set_templates(struct routes_result *result, const struct message_templates *templates)
{
    struct settings *settings = (struct settings *)(uintptr_t)result->settings; /* ours */
    settings->channels.templates = templates;
}
