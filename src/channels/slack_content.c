#include "channels/slack_content.h"

#include "channels/clean.h"
#include "channels/json_body.h"
#include "channels/slack_address.h"
#include "formats/json_scan.h"
#include "formats/json_view.h"

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

/* An absent one is empty, which is null. */
static struct json_view member(struct check *c, struct json_view object, const char *key)
{
    struct json_view found = {STR_EMPTY};
    (void)json_view_member(c->arena, object, str_from(key), &found);
    return found;
}

static struct str type_of(struct check *c, struct json_view object)
{
    struct str type = STR_EMPTY;
    (void)json_view_string(c->arena, member(c, object, "type"), &type);
    return type;
}

static bool is_type(struct check *c, struct json_view object, const char *type)
{
    return str_eq(type_of(c, object), str_from(type));
}

static size_t count(struct json_view array)
{
    struct json_array values = json_view_array(array);
    struct json_view value;
    size_t n = 0;
    while (json_array_next(&values, &value)) {
        n++;
    }
    return n;
}

static bool check_length(struct check *c, struct json_view text, size_t max, const char *block)
{
    struct str s = STR_EMPTY;
    if (!json_view_string(c->arena, text, &s) || s.n == 0) {
        return refuse(c, "an empty or missing text", block);
    }
    size_t units = clean_len(s);
    c->total += units;
    return units <= max || refuse(c, "a text that is too long", block);
}

static bool check_text(struct check *c, struct json_view object, size_t max, const char *block)
{
    if (!is_type(c, object, "plain_text") && !is_type(c, object, "mrkdwn")) {
        return refuse(c, "a text that is neither plain_text nor mrkdwn", block);
    }
    return check_length(c, member(c, object, "text"), max, block);
}

static bool check_section(struct check *c, struct json_view block)
{
    struct json_view text = member(c, block, "text"), field;
    struct json_array fields = json_view_array(member(c, block, "fields"));
    size_t n = count(member(c, block, "fields"));
    if ((text.text.n == 0 && n == 0) || n > FIELDS_MAX) {
        return refuse(c, "no text, or too many fields,", "section");
    }
    if (text.text.n > 0 && !check_text(c, text, SECTION_MAX, "section")) {
        return false;
    }
    while (json_array_next(&fields, &field)) {
        if (!check_text(c, field, FIELD_MAX, "section")) {
            return false;
        }
    }
    return true;
}

static bool check_context_element(struct check *c, struct json_view element)
{
    return is_type(c, element, "image") || check_text(c, element, SECTION_MAX, "context");
}

static bool check_button(struct check *c, struct json_view button)
{
    if (!is_type(c, button, "button")) {
        return true;
    }
    struct json_view url = member(c, button, "url"), id = member(c, button, "action_id");
    if (!check_text(c, member(c, button, "text"), BUTTON_MAX, "button") ||
        (url.text.n > 0 && !check_length(c, url, URL_MAX, "button"))) {
        return false;
    }
    return id.text.n == 0 || check_length(c, id, ID_MAX, "button");
}

static bool check_elements(struct check *c, struct json_view block, size_t max, const char *type,
                           bool (*check_element)(struct check *, struct json_view))
{
    struct json_array elements = json_view_array(member(c, block, "elements"));
    struct json_view element;
    size_t n = count(member(c, block, "elements"));
    if (n == 0 || n > max) {
        return refuse(c, "no elements, or too many,", type);
    }
    while (json_array_next(&elements, &element)) {
        if (!check_element(c, element)) {
            return false;
        }
    }
    return true;
}

static bool check_header(struct check *c, struct json_view block)
{
    struct json_view text = member(c, block, "text");
    return is_type(c, text, "plain_text") ? check_text(c, text, HEADER_MAX, "header")
                                          : refuse(c, "a text that is not plain_text", "header");
}

/* What is not known here is Slack's to judge. */
static bool check_block(struct check *c, struct json_view block)
{
    struct str type = type_of(c, block);
    return type.n == 0                    ? refuse(c, "no type", "")
           : str_eq(type, STR("header"))  ? check_header(c, block)
           : str_eq(type, STR("section")) ? check_section(c, block)
           : str_eq(type, STR("context"))
               ? check_elements(c, block, CONTEXT_MAX, "context", check_context_element)
           : str_eq(type, STR("actions"))
               ? check_elements(c, block, ACTIONS_MAX, "actions", check_button)
               : true;
}

bool slack_blocks_check(struct arena *arena, struct str json, struct str *ret_why)
{
    struct check c = {.arena = arena, .why = STR_EMPTY};
    struct err err = ERR_INIT;
    if (json_scan(json, NULL, &err) != OK) {
        *ret_why = str_printf(arena, "what it gives is not JSON: %s at %s", err.detail, err.where);
        return false;
    }
    struct json_view blocks = json_view_of(json), block;
    struct json_array rest = json_view_array(blocks);
    size_t n = count(blocks);
    bool is_well = n > 0 && n <= BLOCKS_MAX;
    if (!is_well) {
        c.why = STR("neither 1 to 50 blocks nor an array of them");
    }
    while (is_well && json_array_next(&rest, &block)) {
        is_well = check_block(&c, block);
    }
    if (is_well && c.total > ALL_MAX) {
        is_well = false;
        c.why = STR("all blocks together are too long");
    }
    *ret_why = c.why;
    return is_well;
}

/* --- blocks ----------------------------------------------------------------------------------- */

static bool are_taken(void *arg, struct str text, struct str *ret_why)
{
    return slack_blocks_check(arg, text, ret_why);
}

/* Without the white space that a template lays them out with. */
static struct str compact(struct arena *a, struct str json)
{
    char *p = arena_alloc(a, json.n);
    size_t n = 0;
    bool is_in_string = false;
    for (size_t i = 0; i < json.n; i++) {
        char c = json.p[i];
        if (is_in_string && c == '\\') {
            p[n++] = c;
            p[n++] = json.p[++i];
            continue;
        }
        is_in_string ^= c == '"';
        if (is_in_string || (c != ' ' && c != '\n' && c != '\r' && c != '\t')) {
            p[n++] = c;
        }
    }
    return (struct str){p, n};
}

static struct str blocks_of(struct speech *speech)
{
    struct str blocks = speech_say(speech, PART_SLACK_BLOCKS, are_taken, speech->arena);
    return blocks.p ? compact(speech->arena, blocks) : STR_EMPTY;
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

/* Fills the payload but for blocks. */
static struct str content_of(json_t *payload, struct speech *speech, bool is_plain)
{
    struct text_limits before = speech->limits;
    bool is_own = has_own(speech, PART_SLACK_TITLE) || has_own(speech, PART_SLACK_BODY);
    speech->limits.title = TITLE_UNITS;
    bool is_attachment = !is_plain && is_own && is_about_alerts(speech->message->kind) &&
                         add_attachment(payload, speech);
    struct str blocks = is_attachment || is_plain ? STR_EMPTY : blocks_of(speech);
    bool is_said = is_attachment || blocks.n > 0;
    struct str text = is_said ? line_of(speech, is_attachment) : STR_EMPTY;
    speech->limits = before;
    text = is_said ? text : plain_text(speech);
    if (text.n > 0) {
        json_object_set_new(payload, "text", json_body_text(text));
    }
    return blocks;
}

struct str slack_content_write(json_t *taken, struct speech *speech, bool is_plain)
{
    struct arena *a = speech->arena;
    struct str blocks = content_of(taken, speech, is_plain);
    struct str body = json_body_write(a, taken);
    if (blocks.n == 0) {
        return body;
    }
    struct strbuf b;
    strbuf_init(&b, a, body.n + blocks.n + 16);
    strbuf_add(&b, str_slice(body, 0, body.n - 1)); /* it has other members: "text" */
    strbuf_add(&b, STR(",\"blocks\":"));
    strbuf_add(&b, blocks);
    strbuf_add_char(&b, '}');
    return strbuf_str(&b);
}
