/* `templates:` and `messages:` — what messages say instead of the usual. */
#include "wire/schema.h"

enum { GLOBS_MAX = 20 };

struct message_nodes {
    const struct yaml_node *v[template_part_COUNT];
};

#define MESSAGE_FIELD(id, name, what)                                                              \
    {                                                                                              \
        .key = name, .type = FIELD_NODE, .shape = "template",                                      \
        .offset = offsetof(struct message_nodes, v[id]), .help = what                              \
    }

static const struct field message_fields[] = {
    MESSAGE_FIELD(PART_TEXT, "alertify.text", "All of it as plain words."),
    MESSAGE_FIELD(PART_SLACK_BLOCKS, "slack.blocks", "JSON: a list of Block Kit blocks."),
    MESSAGE_FIELD(PART_SLACK_TEXT, "slack.text", "The line that a lock screen shows."),
    MESSAGE_FIELD(PART_SLACK_TITLE, "slack.title",
                  "Of an attachment as Alertmanager's, which takes the place of the blocks."),
    MESSAGE_FIELD(PART_SLACK_TITLE_LINK, "slack.title_link", "What its title leads to."),
    MESSAGE_FIELD(PART_SLACK_PRETEXT, "slack.pretext", "What stands above it."),
    MESSAGE_FIELD(PART_SLACK_BODY, "slack.body", "What it says, in Slack's markup."),
    MESSAGE_FIELD(PART_SLACK_COLOR, "slack.color", "good, warning, danger or \"#439FE0\"."),
    MESSAGE_FIELD(PART_TELEGRAM, "telegram.html", "HTML as Telegram has it."),
    MESSAGE_FIELD(PART_TELEGRAM_PLAIN, "telegram.text", "Plain text, instead of the HTML."),
    MESSAGE_FIELD(PART_EMAIL_SUBJECT, "email.subject", "One line."),
    MESSAGE_FIELD(PART_EMAIL_TEXT, "email.text", "The part in plain text."),
    MESSAGE_FIELD(PART_EMAIL_HTML, "email.html", "The part in HTML."),
    MESSAGE_FIELD(PART_CONSOLE, "console.text", "What the server's console shows."),
    MESSAGE_FIELD(PART_WEBHOOK, "webhook.json", "JSON: the body of webhooks."),
    MESSAGE_FIELD(PART_PAGE, "page.html", "The page that a link opens."),
    MESSAGE_FIELD(PART_STORM_PAGE, "storm_page.html", "The page of a summary."),
    MESSAGE_FIELD(PART_NOTICE_PAGE, "notice_page.html", "The page of a link that does not work."),
};
SCHEMA_DEFINE(schema_messages, "messages", message_fields);

static bool is_template(struct binder *b, const struct yaml_node *node, const char *name)
{
    if (node->kind == YAML_SCALAR && node->tag.n == 0) {
        return true;
    }
    bind_error(b, node, STR("write '{{ template \"my.name\" . }}'"), "%s must be a template", name);
    return false;
}

void bind_messages(struct binder *b, const struct yaml_node *node, struct receiver *receiver)
{
    struct message_nodes nodes = {0};
    if (!schema_bind(b, &schema_messages, node, &nodes)) {
        return;
    }
    struct message_text *texts = ARENA_ARRAY(b->arena, struct message_text, template_part_COUNT);
    for (int i = 0; i < template_part_COUNT; i++) {
        enum template_part part = (enum template_part)i;
        if (nodes.v[i] && is_template(b, nodes.v[i], template_part_name(part))) {
            texts[receiver->n_messages++] = (struct message_text){
                .part = part, .text = nodes.v[i]->text, .where = bind_where(b, nodes.v[i])};
        }
    }
    receiver->messages = texts;
}

/* --- files -------------------------------------------------------------------------------- */

static void take_files(struct binder *b, const struct routes_source *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct routes_source copy = {.name = str_dup(b->arena, files[i].name),
                                     .text = str_dup(b->arena, files[i].text),
                                     .is_template = true};
        VEC_PUSH(b->arena, &b->templates, copy);
    }
}

static void bind_glob(struct binder *b, const struct yaml_node *node)
{
    struct str glob;
    const struct routes_source *files;
    size_t n;
    struct err err = ERR_INIT;
    if (!bind_text(b, node, "a path", &glob) || b->has_template_files || !b->env ||
        !b->env->templates) {
        return;
    }
    if (b->env->templates(b->env->arg, b->file->source.name, glob, &files, &n, &err) != OK) {
        bind_error(b, node, STR_EMPTY, "%s", err.detail);
        return;
    }
    if (n == 0) {
        bind_warning(b, node, STR("paths are relative to this file"), "no file is called so");
    }
    take_files(b, files, n);
}

void bind_templates(struct binder *b)
{
    const struct entry *entry = &b->sections.templates;
    struct node_list list;
    if (!entry->node) {
        return;
    }
    b->file = entry->file;
    if (!bind_list(b, entry->node, "templates", &list)) {
        return;
    }
    if (list.n > GLOBS_MAX) {
        bind_error(b, entry->node, STR_EMPTY, "more than %d of them", GLOBS_MAX);
        list.n = GLOBS_MAX;
    }
    for (size_t i = 0; i < list.n; i++) {
        bind_glob(b, list.v[i]);
    }
}

/* Behind "define": is a name spelled out that begins so? */
static bool names(struct str text, struct str prefix)
{
    text = str_trim(text);
    return text.n > 0 && (text.p[0] == '"' || text.p[0] == '`') &&
           str_starts_with(str_slice(text, 1, text.n), prefix);
}

bool bind_is_defined(const struct binder *b, struct str prefix)
{
    struct str define = STR("define");
    for (size_t i = 0; i < b->templates.n; i++) {
        struct str text = b->templates.v[i].text;
        for (size_t at = str_find(text, 'd', 0); at < text.n; at = str_find(text, 'd', at + 1)) {
            struct str rest = str_slice(text, at, text.n);
            if (str_starts_with(rest, define) &&
                names(str_slice(rest, define.n, define.n + 300), prefix)) {
                return true;
            }
        }
    }
    return false;
}

bool bind_has_words(const struct binder *b, struct str language)
{
    struct str wanted = str_printf(b->arena, "words.%.*s.yml", STR_ARG(language));
    for (size_t i = 0; i < b->templates.n; i++) {
        if (str_eq(str_base_name(b->templates.v[i].name), wanted)) {
            return true;
        }
    }
    return str_eq(language, STR("en")) || str_eq(language, STR("ru"));
}
