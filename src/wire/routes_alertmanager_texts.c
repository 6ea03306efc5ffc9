/* What the messages of Alertmanager's blocks say: their templates as a receiver's own texts. */
#include "wire/routes_alertmanager.h"

static void add_message(struct blocks *k, const struct yaml_node *at, enum template_part part,
                        struct str text)
{
    struct message_text own = {.part = part, .text = text, .where = bind_where(k->b, at)};
    for (size_t i = 0; i < k->messages.n; i++) {
        struct message_text *other = &k->messages.v[i];
        if (other->part != part) {
            continue;
        }
        if (!str_eq(other->text, text)) {
            bind_warning(k->b, at, STR("make it a receiver of its own, and continue: true"),
                         "a receiver has one text for all of a channel: this one has no effect");
        }
        return;
    }
    VEC_PUSH(k->b->arena, &k->messages, own);
}

/* The block's own template, or Alertmanager's usual one. That counts if there is any of its own, or
 * a file of templates defines the usual ones anew: else messages are ours. */
struct block_text {
    const struct yaml_node *own;
    enum template_part part;
    const char *usual;
};

static void add_texts(struct blocks *k, const struct yaml_node *at, const struct block_text *texts,
                      size_t n, const char *family)
{
    bool has_own = bind_is_defined(k->b, str_from(family));
    for (size_t i = 0; i < n; i++) {
        has_own |= texts[i].own && texts[i].own->kind == YAML_SCALAR;
    }
    for (size_t i = 0; i < n; i++) {
        const struct yaml_node *own = texts[i].own;
        if (own && own->kind != YAML_SCALAR) {
            bind_error(k->b, own, STR_EMPTY, "this must be a template");
        } else if (own) {
            add_message(k, own, texts[i].part, own->text);
        } else if (has_own) {
            struct str usual =
                str_printf(k->b->arena, "{{ template \"%s%s\" . }}", family, texts[i].usual);
            add_message(k, at, texts[i].part, usual);
        }
    }
}

void add_slack_texts(struct blocks *k, const struct yaml_node *at, const struct slack_config *c)
{
    const struct block_text texts[] = {{c->title, PART_SLACK_TITLE, "title"},
                                       {c->title_link, PART_SLACK_TITLE_LINK, "titlelink"},
                                       {c->pretext, PART_SLACK_PRETEXT, "pretext"},
                                       {c->text, PART_SLACK_BODY, "text"},
                                       {c->color, PART_SLACK_COLOR, "color"},
                                       {c->fallback, PART_SLACK_TEXT, "fallback"}};
    add_texts(k, at, texts, sizeof(texts) / sizeof(texts[0]), "slack.default.");
}

void add_telegram_texts(struct blocks *k, const struct yaml_node *at,
                        const struct telegram_config *c)
{
    bool is_html = str_eq_nocase(c->parse_mode, STR("HTML"));
    const struct block_text text = {c->message, is_html ? PART_TELEGRAM : PART_TELEGRAM_PLAIN,
                                    "message"};
    if (!is_html && c->parse_mode.n > 0) {
        bind_warning(k->b, yaml_get(at, STR("parse_mode")), STR("write parse_mode: HTML"),
                     "messages in %.*s are sent as plain text", STR_ARG(c->parse_mode));
    }
    add_texts(k, at, &text, 1, "telegram.default.");
}

static const struct yaml_node *subject_of(struct blocks *k, const struct yaml_node *headers)
{
    const struct yaml_node *subject = NULL;
    if (headers && headers->kind != YAML_MAP) {
        bind_error(k->b, headers, STR_EMPTY, "headers must be a map");
        return NULL;
    }
    for (size_t i = 0; headers && i < headers->n; i++) {
        const struct yaml_pair *pair = &headers->pairs[i];
        if (str_eq_nocase(pair->key->text, STR("Subject"))) {
            subject = pair->value;
        } else {
            bind_warning(k->b, pair->key, STR_EMPTY, "header %.*s has no effect",
                         STR_ARG(pair->key->text));
        }
    }
    return subject;
}

void add_email_texts(struct blocks *k, const struct yaml_node *at, const struct email_config *c)
{
    const struct block_text html = {c->html, PART_EMAIL_HTML, "html"};
    const struct block_text subject = {subject_of(k, c->headers), PART_EMAIL_SUBJECT, "subject"};
    add_texts(k, at, &html, 1, "email.default.");
    add_texts(k, at, &subject, 1, "email.default.");
    if (c->text && c->text->kind == YAML_SCALAR && c->text->text.n > 0) {
        add_message(k, c->text, PART_EMAIL_TEXT, c->text->text);
    }
}
