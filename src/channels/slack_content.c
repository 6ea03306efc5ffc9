#include "channels/slack_content.h"

#include "channels/clean.h"
#include "channels/json_body.h"
#include "channels/slack_address.h"

#include <string.h>

/* Slack counts characters; we count UTF-16 units of the escaped text, which are never fewer. */
enum {
    BLOCKS_MAX = 50,
    HEADER_MAX = 150,
    SECTION_MAX = 3000,
    FIELDS_MAX = 10,
    FIELD_MAX = 2000,
    CONTEXT_MAX = 10,
    ACTIONS_MAX = 25,
    BUTTON_MAX = 75,
    URL_MAX = 3000,
    ID_MAX = 255,
    ALL_MAX = 13000, /* of all blocks together; undocumented, about 13,200 */
    TEXT_MAX = 3900, /* chat.update refuses more than 4,000 */
    NOTIFICATION_MAX = 3000,
    TITLE_MAX = 1024, /* Alertmanager's */
    BODY_MAX = 8000,
    TITLE_UNITS = 110, /* of an incident, so that a header has room for what is around it */
};

/* --- the rules of Block Kit ------------------------------------------------------------------- */

struct check {
    struct arena *arena;
    size_t total;
    struct str why;
};

static bool refuse(struct check *c, const char *what, const char *type)
{
    c->why = str_printf(c->arena, "%s of a block of type \"%s\"", what, type);
    return false;
}

static const char *type_of(const json_t *object)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    return type ? type : "";
}

static bool check_length(struct check *c, const json_t *text, size_t max, const char *block)
{
    if (!json_is_string(text) || json_string_length(text) == 0) {
        return refuse(c, "an empty or missing text", block);
    }
    size_t units = clean_len((struct str){json_string_value(text), json_string_length(text)});
    c->total += units;
    return units <= max || refuse(c, "a text that is too long", block);
}

static bool check_text(struct check *c, const json_t *object, size_t max, const char *block)
{
    const char *type = type_of(object);
    if (strcmp(type, "plain_text") != 0 && strcmp(type, "mrkdwn") != 0) {
        return refuse(c, "a text that is neither plain_text nor mrkdwn", block);
    }
    return check_length(c, json_object_get(object, "text"), max, block);
}

static bool check_section(struct check *c, const json_t *block)
{
    const json_t *text = json_object_get(block, "text"), *fields = json_object_get(block, "fields");
    size_t n = json_array_size(fields);
    if ((!text && n == 0) || n > FIELDS_MAX) {
        return refuse(c, "no text, or too many fields,", "section");
    }
    if (text && !check_text(c, text, SECTION_MAX, "section")) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!check_text(c, json_array_get(fields, i), FIELD_MAX, "section")) {
            return false;
        }
    }
    return true;
}

static bool check_context(struct check *c, const json_t *block)
{
    const json_t *elements = json_object_get(block, "elements");
    size_t n = json_array_size(elements);
    if (n == 0 || n > CONTEXT_MAX) {
        return refuse(c, "no elements, or too many,", "context");
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *element = json_array_get(elements, i);
        if (strcmp(type_of(element), "image") != 0 &&
            !check_text(c, element, SECTION_MAX, "context")) {
            return false;
        }
    }
    return true;
}

static bool check_button(struct check *c, const json_t *button)
{
    const json_t *url = json_object_get(button, "url");
    const json_t *id = json_object_get(button, "action_id");
    if (!check_text(c, json_object_get(button, "text"), BUTTON_MAX, "button") ||
        (url && !check_length(c, url, URL_MAX, "button"))) {
        return false;
    }
    return !id || check_length(c, id, ID_MAX, "button");
}

static bool check_actions(struct check *c, const json_t *block)
{
    const json_t *elements = json_object_get(block, "elements");
    size_t n = json_array_size(elements);
    if (n == 0 || n > ACTIONS_MAX) {
        return refuse(c, "no elements, or too many,", "actions");
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *element = json_array_get(elements, i);
        if (strcmp(type_of(element), "button") == 0 && !check_button(c, element)) {
            return false;
        }
    }
    return true;
}

/* What is not known here is Slack's to judge. */
static bool check_block(struct check *c, const json_t *block)
{
    const char *type = type_of(block);
    if (!json_is_object(block) || type[0] == '\0') {
        return refuse(c, "no type", "");
    }
    if (strcmp(type, "header") == 0) {
        const json_t *text = json_object_get(block, "text");
        return strcmp(type_of(text), "plain_text") == 0
                   ? check_text(c, text, HEADER_MAX, type)
                   : refuse(c, "a text that is not plain_text", type);
    }
    return strcmp(type, "section") == 0   ? check_section(c, block)
           : strcmp(type, "context") == 0 ? check_context(c, block)
           : strcmp(type, "actions") == 0 ? check_actions(c, block)
                                          : true;
}

bool slack_blocks_check(const json_t *blocks, struct arena *arena, struct str *ret_why)
{
    struct check c = {.arena = arena, .why = STR_EMPTY};
    size_t n = json_array_size(blocks);
    bool is_well = n > 0 && n <= BLOCKS_MAX;
    if (!is_well) {
        c.why = STR("neither 1 to 50 blocks nor an array of them");
    }
    for (size_t i = 0; is_well && i < n; i++) {
        is_well = check_block(&c, json_array_get(blocks, i));
    }
    if (is_well && c.total > ALL_MAX) {
        is_well = false;
        c.why = STR("all blocks together are too long");
    }
    *ret_why = c.why;
    return is_well;
}

/* --- blocks ----------------------------------------------------------------------------------- */

struct blocks {
    struct arena *arena;
    json_t *json; /* of the last try */
};

static bool are_taken(void *arg, struct str text, struct str *ret_why)
{
    struct blocks *b = arg;
    json_error_t error;
    json_decref(b->json);
    b->json = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
    if (!b->json) {
        *ret_why = str_printf(
            b->arena, "what it gives is not JSON: %s near \"%.*s\"", error.text,
            STR_ARG(str_slice(text, (size_t)error.position > 20 ? (size_t)error.position - 20 : 0,
                              (size_t)error.position + 5)));
        return false;
    }
    return slack_blocks_check(b->json, b->arena, ret_why);
}

static bool add_blocks(json_t *payload, struct speech *speech)
{
    struct blocks b = {speech->arena, NULL};
    struct text_limits before = speech->limits;
    speech->limits.title = TITLE_UNITS;
    bool is_well = speech_say(speech, PART_SLACK_BLOCKS, are_taken, &b).p != NULL;
    speech->limits = before;
    if (is_well) {
        json_object_set_new(payload, "blocks", b.json);
    } else {
        json_decref(b.json);
    }
    return is_well;
}

/* --- a receiver's own texts ------------------------------------------------------------------- */

static bool is_within(void *arg, struct str text, struct str *ret_why)
{
    (void)ret_why;
    return clean_len(text) <= *(const size_t *)arg;
}

static void add_part(json_t *object, const char *key, struct speech *speech,
                     enum template_part part, size_t max)
{
    struct str text = speech_say(speech, part, is_within, &max);
    if (text.n > 0) {
        json_object_set_new(object, key, json_body_text(text));
    }
}

static void add_button(json_t *actions, struct str label, struct str url, const char *style)
{
    if (clean_is_url(url)) {
        json_array_append_new(actions, json_pack("{s:s, s:o, s:o, s:s}", "type", "button", "text",
                                                 json_body_text(label), "url", json_body_text(url),
                                                 "style", style));
    }
}

/* Such templates know firing and resolved. */
static bool is_about_alerts(enum notice_kind kind)
{
    return kind == NOTICE_PAGE || kind == NOTICE_UPDATE || kind == NOTICE_ACKNOWLEDGED ||
           kind == NOTICE_RESOLVED;
}

static bool has_own(const struct speech *speech, enum template_part part)
{
    bool is_own;
    (void)message_templates_find(speech->templates, part, speech->message->receiver, &is_own);
    return is_own;
}

static void add_actions(json_t *attachment, struct speech *speech)
{
    const struct message *m = speech->message;
    json_t *actions = json_array();
    if (message_wants_ack(m)) {
        add_button(actions, speech_word(speech, "ack_button"), m->ack_url, "primary");
    }
    add_button(actions, speech_word(speech, "open_button"), m->open_url, "default");
    if (json_array_size(actions) > 0) {
        json_object_set(attachment, "actions", actions);
    }
    json_decref(actions);
}

/* As Alertmanager's, with our buttons. False: nothing of the receiver's own could be said. */
static bool add_attachment(json_t *payload, struct speech *speech)
{
    enum notice_kind kind = speech->message->kind;
    json_t *attachment = json_object();
    add_part(attachment, "title", speech, PART_SLACK_TITLE, TITLE_MAX);
    add_part(attachment, "text", speech, PART_SLACK_BODY, BODY_MAX);
    if (json_object_size(attachment) == 0) {
        json_decref(attachment);
        return false;
    }
    const char *color = kind == NOTICE_RESOLVED       ? "good"
                        : kind == NOTICE_ACKNOWLEDGED ? "warning"
                                                      : "danger";
    json_object_set_new(attachment, "color", json_string(color));
    add_part(attachment, "color", speech, PART_SLACK_COLOR, ID_MAX);
    add_part(attachment, "pretext", speech, PART_SLACK_PRETEXT, SECTION_MAX);
    add_part(attachment, "title_link", speech, PART_SLACK_TITLE_LINK, URL_MAX);
    add_part(attachment, "fallback", speech, PART_SLACK_TEXT, NOTIFICATION_MAX);
    json_object_set_new(attachment, "mrkdwn_in",
                        json_pack("[s, s, s]", "fallback", "pretext", "text"));
    add_actions(attachment, speech);
    json_object_set_new(payload, "attachments", json_pack("[o]", attachment));
    return true;
}

/* --- the whole -------------------------------------------------------------------------------- */

static struct str plain_text(struct speech *speech)
{
    struct arena *a = speech->arena;
    struct str text = STR_EMPTY, mention = slack_mention(a, speech->message);
    for (size_t max = TEXT_MAX; max > 100; max = max * 2 / 3) { /* entities make it longer */
        struct strbuf b;
        strbuf_init(&b, a, JSON_BODY_MAX);
        strbuf_printf(&b, "%.*s%s", STR_ARG(mention), mention.n > 0 ? " " : "");
        clean_escape(&b, speech_plain(speech, max), false);
        text = strbuf_str(&b);
        if (clean_len(text) <= TEXT_MAX) {
            break;
        }
    }
    return text;
}

/* What a lock screen shows. Above an attachment it would be one line too many, but for what the
 * attachment does not say. */
static struct str line_of(struct speech *speech, bool is_attachment)
{
    size_t max = NOTIFICATION_MAX;
    if (is_attachment && speech->message->kind != NOTICE_ACKNOWLEDGED) {
        return slack_mention(speech->arena, speech->message);
    }
    return speech_say(speech, PART_SLACK_TEXT, is_within, &max);
}

void slack_content_add(json_t *payload, struct speech *speech, bool is_plain)
{
    bool is_own = has_own(speech, PART_SLACK_TITLE) || has_own(speech, PART_SLACK_BODY);
    bool is_attachment = !is_plain && is_own && is_about_alerts(speech->message->kind) &&
                         add_attachment(payload, speech);
    bool is_said = is_attachment || (!is_plain && add_blocks(payload, speech));
    struct str text = is_said ? line_of(speech, is_attachment) : plain_text(speech);
    if (text.n > 0) {
        json_object_set_new(payload, "text", json_body_text(text));
    }
}
