/* telegram — Bot API messages in HTML with link buttons.
 *
 * Addresses: "-100123", "-100123:45" (forum topic), "@name". earlier_ref and outcome.ref are
 * message ids. acknowledged and resolved edit the earlier message; result and note answer to it; a
 * page is always new, because an edit makes no sound. The token is part of the URL and goes nowhere
 * else. */
#include "channels/channel.h"
#include "channels/clean.h"
#include "channels/json_body.h"
#include "channels/telegram_html.h"
#include "channels/verdict.h"

#include <ctype.h>
#include <string.h>

enum { TEXT_MAX = 4096, BUTTON_URL_MAX = 2048 }; /* UTF-16 units, behind the entities; bytes */

static const char default_api[] = "https://api.telegram.org";

/* Descriptions are sentences for people: error_code decides first, then these prefixes. */
static const struct verdict bad_request[] = {
    {"chat not found*", OUTCOME_PERM, SCOPE_DESTINATION},
    {"message thread not found*", OUTCOME_PERM, SCOPE_DESTINATION},
    {"have no rights to send a message*", OUTCOME_PERM, SCOPE_DESTINATION},
    {"not enough rights*", OUTCOME_PERM, SCOPE_DESTINATION},
    {"topic_closed*", OUTCOME_PERM, SCOPE_DESTINATION},
    {"topic_deleted*", OUTCOME_PERM, SCOPE_DESTINATION},
    {"user not found*", OUTCOME_PERM, SCOPE_DESTINATION},
    {"peer_id_invalid*", OUTCOME_PERM, SCOPE_DESTINATION},
    {"group chat was deactivated*", OUTCOME_PERM, SCOPE_DESTINATION},
    {"can't parse entities*", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"message is too long*", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"message text is empty*", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"button_*", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"reply markup is too long*", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"message is not modified*", OUTCOME_OK, SCOPE_DESTINATION},
    {"message to edit not found*", OUTCOME_PERM, SCOPE_EDIT},
    {"message can't be edited*", OUTCOME_PERM, SCOPE_EDIT},
    {"message_id_invalid*", OUTCOME_PERM, SCOPE_EDIT},
    {0},
};

struct telegram_address {
    struct str chat;   /* digits with an optional '-', or "@name" */
    struct str thread; /* digits, or empty */
};

static bool is_number(struct str s, int64_t *ret)
{
    bool is_negative = str_starts_with(s, STR("-"));
    uint64_t value;
    if (!str_to_u64(str_slice(s, is_negative, s.n), &value) || value == 0) {
        return false;
    }
    *ret = is_negative ? -(int64_t)value : (int64_t)value;
    return true;
}

static bool is_public_name(struct str s)
{
    if (s.n < 5 || s.n > 33 || s.p[0] != '@') {
        return false;
    }
    for (size_t i = 1; i < s.n; i++) {
        if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '_') {
            return false;
        }
    }
    return true;
}

static bool address_parse(struct str s, struct telegram_address *ret)
{
    int64_t number;
    struct str rest = s;
    struct telegram_address address = {.chat = str_cut(&rest, ':'), .thread = STR_EMPTY};
    if (rest.p) {
        address.thread = rest;
        if (!is_number(rest, &number) || number < 0) {
            return false;
        }
    }
    *ret = address;
    return is_number(address.chat, &number) || is_public_name(address.chat);
}

static json_t *chat_id(struct str chat)
{
    int64_t number;
    return is_number(chat, &number) ? json_integer(number) : json_body_text(chat);
}

static bool is_word(struct str s, size_t i)
{
    return i < s.n && (isalnum((unsigned char)s.p[i]) || s.p[i] == '_');
}

/* Behind an http(s) URL with a host that Telegram takes for one, or `from`: there is none. What may
 * end a URL in running text ends it here, too. */
static size_t url_end(struct str s, size_t from)
{
    struct str rest = str_slice(s, from, s.n);
    size_t n = str_starts_with(rest, STR("https://"))  ? 8
               : str_starts_with(rest, STR("http://")) ? 7
                                                       : 0;
    size_t end = n, host = n;
    while (end < rest.n && rest.p[end] != '\0' &&
           (is_word(rest, end) || strchr("-.~:/?#[]@!$&*+=%", rest.p[end]))) {
        end++;
    }
    while (host < end && rest.p[host] != '/') {
        host++;
    }
    return n > 0 && str_contains(str_slice(rest, n, host), STR(".")) ? from + end : from;
}

/* "@name" behind anything but a word, which would be an address. */
static bool is_mention(struct str s, size_t i)
{
    return s.p[i] == '@' && is_word(s, i + 1) && !(i > 0 && is_word(s, i - 1));
}

/* "/stop" and "(/stop@bot)", but neither "/var/log" nor "a/b". */
static bool is_command(struct str s, size_t i)
{
    static const char barriers[] = "/<>";
    if (s.p[i] != '/' || !is_word(s, i + 1) ||
        (i > 0 && (is_word(s, i - 1) || strchr(barriers, s.p[i - 1])))) {
        return false;
    }
    size_t end = i + 1;
    while (is_word(s, end)) {
        end++;
    }
    return end == s.n || !strchr(barriers, s.p[end]);
}

static bool is_internal_link(struct str s, size_t i)
{
    return str_starts_with(str_slice(s, i, s.n), STR("://")) && i >= 2 &&
           (str_eq_nocase(str_slice(s, i - 2, i), STR("tg")) ||
            str_eq_nocase(str_slice(s, i - 2, i), STR("on")) /* ton */ ||
            str_eq_nocase(str_slice(s, i - 2, i), STR("te")) /* tonsite */);
}

/* A hostile "@name", "/command" or tg:// link would become a live one: a word joiner behind the
 * character that starts it keeps it text. Nothing else is touched: people copy paths and URLs. */
static struct str defuse(struct arena *a, struct str s)
{
    static const char joiner[] = "\xe2\x81\xa0";
    struct strbuf b;
    strbuf_init(&b, a, s.n * 4 + 8);
    for (size_t i = 0; i < s.n; i++) {
        size_t end = url_end(s, i);
        if (end > i) {
            strbuf_add(&b, str_slice(s, i, end));
            i = end - 1;
            continue;
        }
        strbuf_add_char(&b, s.p[i]);
        if (is_mention(s, i) || is_command(s, i) || is_internal_link(s, i)) {
            strbuf_add(&b, str_from(joiner));
        }
    }
    return strbuf_str(&b);
}

static bool is_taken(void *arg, struct str html, struct str *ret_why)
{
    size_t units;
    return telegram_html_measure(arg, html, &units, ret_why) && units > 0 && units <= TEXT_MAX;
}

static bool is_short(void *arg, struct str text, struct str *ret_why)
{
    (void)arg, (void)ret_why;
    return text.n > 0 && clean_len(text) <= TEXT_MAX;
}

/* Texts of a receiver's own without markup come first; then HTML, then plain words. */
static struct str text_of(struct speech *speech, bool is_plain, bool *ret_is_html)
{
    struct str text = {NULL, 0};
    *ret_is_html = false;
    if (!is_plain) {
        text = speech_say(speech, PART_TELEGRAM_PLAIN, is_short, NULL);
    }
    if (!is_plain && !text.p) {
        text = speech_say(speech, PART_TELEGRAM, is_taken, speech->arena);
        *ret_is_html = text.p != NULL;
    }
    return text.p ? str_trim(text) : speech_plain(speech, TEXT_MAX);
}

static void add_button(json_t *row, struct str label, struct str url)
{
    if (clean_is_url(url) && url.n <= BUTTON_URL_MAX) {
        json_array_append_new(row, json_pack("{s:o, s:o}", "text", json_body_text(label), "url",
                                             json_body_text(url)));
    }
}

static void add_keyboard(json_t *payload, struct speech *speech)
{
    const struct message *m = speech->message;
    bool is_storm = m->kind == NOTICE_STORM;
    json_t *row = json_array();
    if (message_wants_ack(m)) {
        add_button(row, speech_word(speech, is_storm ? "ack_all_button" : "ack_button"),
                   m->ack_url);
    }
    add_button(row, speech_word(speech, "open_button"), m->open_url);
    json_t *rows = json_array();
    if (json_array_size(row) > 0) {
        json_array_append_new(rows, row);
    } else {
        json_decref(row);
    }
    json_object_set_new(payload, "reply_markup", json_pack("{s:o}", "inline_keyboard", rows));
}

static bool is_edit(enum notice_kind kind)
{
    return kind == NOTICE_ACKNOWLEDGED || kind == NOTICE_RESOLVED || kind == NOTICE_UPDATE ||
           kind == NOTICE_STORM;
}

static bool is_reply(enum notice_kind kind)
{
    return kind == NOTICE_RESULT || kind == NOTICE_NOTE;
}

static json_t *payload_of(struct speech *speech, const struct telegram_address *address,
                          int64_t earlier, bool is_plain)
{
    const struct message *m = speech->message;
    json_t *payload = json_object();
    int64_t thread;
    bool is_html;
    struct str text = text_of(speech, is_plain, &is_html);
    json_object_set_new(payload, "chat_id", chat_id(address->chat));
    if (earlier > 0 && is_edit(m->kind)) {
        json_object_set_new(payload, "message_id", json_integer(earlier));
    } else if (is_number(address->thread, &thread)) {
        json_object_set_new(payload, "message_thread_id", json_integer(thread));
    }
    if (earlier > 0 && is_reply(m->kind)) {
        json_t *reply = json_pack("{s:I, s:b}", "message_id", (json_int_t)earlier,
                                  "allow_sending_without_reply", 1);
        json_object_set_new(payload, "reply_parameters", reply);
    }
    json_object_set_new(payload, "text", json_body_text(text));
    json_object_set_new(payload, "link_preview_options", json_pack("{s:b}", "is_disabled", 1));
    if (is_html) {
        json_object_set_new(payload, "parse_mode", json_string("HTML"));
    }
    if (!is_plain) {
        add_keyboard(payload, speech);
    }
    return payload;
}

static enum status build(const struct channel_settings *settings, struct speech *speech,
                         bool is_plain, struct transfer_request *ret, struct err *err)
{
    const struct message *message = speech->message;
    struct arena *a = speech->arena;
    const struct telegram_settings *telegram = &settings->telegram;
    if (!settings->has_telegram || !telegram->bot_token) {
        return err_set(err, ERR_INVALID, "Telegram is not configured");
    }
    struct telegram_address address;
    if (!address_parse(message->to.address, &address)) {
        return err_set(err, ERR_INVALID, "malformed Telegram chat id");
    }
    int64_t earlier;
    if (!is_number(message->earlier_ref, &earlier)) {
        earlier = 0;
    }
    speech->defuse = defuse;
    json_t *payload = payload_of(speech, &address, earlier, is_plain);
    bool edits = earlier > 0 && is_edit(message->kind);
    struct str base = telegram->api_url.n > 0 ? telegram->api_url : str_from(default_api);
    struct transfer_header *headers = ARENA_NEW(a, struct transfer_header);
    *headers = (struct transfer_header){STR("Content-Type"), STR("application/json")};
    *ret = (struct transfer_request){
        .kind = TRANSFER_HTTP,
        .url = str_printf(a, "%.*s/bot%.*s/%s", STR_ARG(base),
                          STR_ARG(secret_reveal(telegram->bot_token)),
                          edits ? "editMessageText" : "sendMessage"),
        .method = STR("POST"),
        .headers = headers,
        .n_headers = 1,
        .body = json_body_write(a, payload),
        .mail_from = STR_EMPTY,
        .mail_to = STR_EMPTY,
        .username = STR_EMPTY,
        .ca_file = STR_EMPTY,
        .is_private_allowed = settings->is_private_allowed,
    };
    return OK;
}

/* "Bad Request: chat not found" → "chat not found" */
static struct str sentence_of(struct str description)
{
    struct str rest = description;
    str_cut(&rest, ':');
    return rest.p ? str_trim(rest) : description;
}

static struct str ref_of_reply(const struct message *m, const json_t *json, struct arena *a)
{
    int64_t earlier;
    if (is_reply(m->kind) && is_number(m->earlier_ref, &earlier)) {
        return m->earlier_ref;
    }
    const json_t *id = json_object_get(json_object_get(json, "result"), "message_id");
    return json_is_integer(id) ? str_printf(a, "%lld", (long long)json_integer_value(id))
                               : m->earlier_ref;
}

static int64_t hint_of(const struct transfer_reply *reply, const json_t *parameters)
{
    int64_t seconds = json_integer_value(json_object_get(parameters, "retry_after"));
    if (seconds < 0 || seconds > 86400) {
        seconds = seconds < 0 ? 0 : 86400;
    }
    int64_t hint_us = seconds * US_PER_S;
    return hint_us > reply->retry_after_us ? hint_us : reply->retry_after_us;
}

static void classify_bad_request(const struct message *m, struct str sentence, struct outcome *ret)
{
    const struct verdict *known = verdict_find(bad_request, sentence);
    ret->kind = known ? known->kind : OUTCOME_PERM;
    ret->scope = known ? known->scope : SCOPE_PAYLOAD;
    if (ret->kind == OUTCOME_OK) {
        ret->ref = m->earlier_ref; /* it already looks like this */
    }
}

static void classify_error(const struct message *m, const struct transfer_reply *reply,
                           const json_t *json, struct arena *a, struct outcome *ret)
{
    struct str description = json_body_member(json, "description");
    json_int_t code = json_integer_value(json_object_get(json, "error_code"));
    struct transfer_reply told = *reply;
    if (code >= 400 && code <= 599) {
        told.status = (int)code;
    }
    *ret = verdict_by_http(&told, description, a);
    const json_t *parameters = json_object_get(json, "parameters");
    const json_t *moved = json_object_get(parameters, "migrate_to_chat_id");
    if (json_is_integer(moved)) {
        ret->kind = OUTCOME_TEMP; /* at once, to the new address */
        ret->hint_us = 0;
        ret->moved_to = str_printf(a, "%lld", (long long)json_integer_value(moved));
    } else if (told.status == 404 || told.status == 401) {
        ret->scope = SCOPE_CREDENTIAL; /* the token is the path */
    } else if (told.status == 409) {
        ret->kind = OUTCOME_TEMP;
    } else if (told.status == 400) {
        classify_bad_request(m, sentence_of(description), ret);
    } else if (told.status == 413) {
        ret->scope = SCOPE_PAYLOAD;
    } else if (ret->kind == OUTCOME_TEMP) {
        ret->hint_us = hint_of(reply, parameters);
    } else if (ret->kind == OUTCOME_OK) {
        ret->kind = OUTCOME_TEMP; /* ok:false with a success status: not as documented */
    }
}

static void classify(const struct message *message, const struct transfer_reply *reply,
                     struct arena *a, struct outcome *ret)
{
    if (verdict_without_reply(reply, a, ret)) {
        return;
    }
    const json_t *json = json_body_read(a, reply->body);
    const json_t *ok = json_object_get(json, "ok");
    bool is_success = reply->status >= 200 && reply->status <= 299;
    if (is_success && json_is_true(ok)) {
        *ret = verdict_by_http(reply, STR_EMPTY, a);
        ret->ref = ref_of_reply(message, json, a);
    } else if (is_success && !json_is_false(ok)) {
        *ret = verdict_make(OUTCOME_UNKNOWN, SCOPE_DESTINATION,
                            verdict_reason(a, reply->status, STR("not a reply of Telegram's")));
    } else {
        classify_error(message, reply, json, a, ret);
    }
}

const struct channel channel_telegram = {CHANNEL_TELEGRAM, build, classify};
