/* slack — Block Kit messages by bot token, or by incoming webhook when there is no token.
 *
 *   page                           always a new message: an edit makes no sound, and every page is
 *                                  meant to wake somebody, also in the second round
 *   acknowledged, resolved, update with earlier_ref: chat.update, else chat.postMessage
 *   result, note                   with earlier_ref: a reply in that message's thread
 *   incoming webhook               always a new message: it returns no ts, nothing can be edited
 *
 * earlier_ref and outcome.ref are "C024BE91L 1503435956.000247": the channel as Slack returned it
 * (chat.update refuses U… ids) and the message's ts. The buttons are links to pages; a GET on them
 * changes nothing. */
#include "channels/channel.h"
#include "channels/clean.h"
#include "channels/json_body.h"
#include "channels/slack_address.h"
#include "channels/slack_content.h"
#include "channels/verdict.h"

enum { ADDRESS_MAX = 80 };

static const char default_api[] = "https://slack.com/api";

/* Words of the Web API (ok:false) and of incoming webhooks. internal_error and fatal_error may come
 * after a part of the operation succeeded, hence unknown. */
static const struct verdict words[] = {
    {"channel_not_found", OUTCOME_PERM, SCOPE_DESTINATION},
    {"not_in_channel", OUTCOME_PERM, SCOPE_DESTINATION},
    {"is_archived", OUTCOME_PERM, SCOPE_DESTINATION},
    {"is_inactive", OUTCOME_PERM, SCOPE_DESTINATION},
    {"restricted_action*", OUTCOME_PERM, SCOPE_DESTINATION},
    {"cannot_reply_to_message", OUTCOME_PERM, SCOPE_DESTINATION},
    {"user_not_found", OUTCOME_PERM, SCOPE_DESTINATION},
    {"cannot_dm_bot", OUTCOME_PERM, SCOPE_DESTINATION},
    {"messages_tab_disabled", OUTCOME_PERM, SCOPE_DESTINATION},
    {"posting_to_channel_denied", OUTCOME_PERM, SCOPE_DESTINATION},
    {"ekm_access_denied", OUTCOME_PERM, SCOPE_DESTINATION},
    {"message_limit_exceeded", OUTCOME_PERM, SCOPE_DESTINATION}, /* free plan: lasts for hours */
    {"invalid_auth", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"not_authed", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"account_inactive", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"token_revoked", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"token_expired", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"missing_scope", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"not_allowed_token_type", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"no_permission", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"team_access_not_granted", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"org_login_required", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"access_denied", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"accesslimited", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"two_factor_setup_required", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"invalid_blocks*", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"msg_blocks_too_long", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"msg_too_long", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"no_text", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"too_many_attachments", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"invalid_arguments", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"metadata_too_large", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"markdown_text_conflict", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"message_not_found", OUTCOME_PERM, SCOPE_EDIT},
    {"cant_update_message", OUTCOME_PERM, SCOPE_EDIT},
    {"edit_window_closed", OUTCOME_PERM, SCOPE_EDIT},
    {"block_mismatch", OUTCOME_PERM, SCOPE_EDIT},
    {"thread_not_found", OUTCOME_PERM, SCOPE_EDIT},
    {"ratelimited", OUTCOME_TEMP, SCOPE_DESTINATION},
    {"rate_limited", OUTCOME_TEMP, SCOPE_DESTINATION},
    {"internal_error", OUTCOME_UNKNOWN, SCOPE_DESTINATION},
    {"fatal_error", OUTCOME_UNKNOWN, SCOPE_DESTINATION},
    {"service_unavailable", OUTCOME_TEMP, SCOPE_DESTINATION},
    {"request_timeout", OUTCOME_TEMP, SCOPE_DESTINATION},
    {"team_added_to_org", OUTCOME_TEMP, SCOPE_DESTINATION},
    {"update_failed", OUTCOME_TEMP, SCOPE_DESTINATION},
    {"external_channel_migrating", OUTCOME_TEMP, SCOPE_DESTINATION},
    /* incoming webhooks only; the URL is the credential */
    {"invalid_payload", OUTCOME_PERM, SCOPE_PAYLOAD},
    {"action_prohibited", OUTCOME_PERM, SCOPE_DESTINATION},
    {"invalid_token", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"no_service", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"no_active_hooks", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"no_team", OUTCOME_PERM, SCOPE_CREDENTIAL},
    {"channel_is_archived", OUTCOME_PERM, SCOPE_DESTINATION},
    {"rollup_error", OUTCOME_TEMP, SCOPE_DESTINATION},
    {0},
};

struct slack_ref {
    struct str channel, ts; /* ts empty: there is no earlier message */
};

static struct slack_ref ref_parse(struct str ref)
{
    struct str rest = ref;
    struct str channel = str_cut(&rest, ' ');
    if (channel.n == 0 || rest.p == NULL || rest.n == 0) {
        return (struct slack_ref){STR_EMPTY, STR_EMPTY};
    }
    return (struct slack_ref){channel, rest};
}

static bool is_edit(enum notice_kind kind)
{
    return kind == NOTICE_ACKNOWLEDGED || kind == NOTICE_RESOLVED || kind == NOTICE_UPDATE ||
           kind == NOTICE_STORM;
}

static bool is_threaded(enum notice_kind kind)
{
    return kind == NOTICE_RESULT || kind == NOTICE_NOTE;
}

static void forbid_unfurling(json_t *payload)
{
    json_object_set_new(payload, "unfurl_links", json_false());
    json_object_set_new(payload, "unfurl_media", json_false());
    json_object_set_new(payload, "mrkdwn", json_false());
}

static struct transfer_request request_to(struct str url, const struct transfer_header *headers,
                                          size_t n_headers, struct str body)
{
    return (struct transfer_request){
        .kind = TRANSFER_HTTP,
        .url = url,
        .method = STR("POST"),
        .headers = headers,
        .n_headers = n_headers,
        .body = body,
        .mail_from = STR_EMPTY,
        .mail_to = STR_EMPTY,
        .username = STR_EMPTY,
        .ca_file = STR_EMPTY,
    };
}

static struct transfer_header *headers_of(struct arena *a, const struct secret *token)
{
    struct transfer_header *headers = ARENA_ARRAY(a, struct transfer_header, 2);
    headers[0] =
        (struct transfer_header){STR("Content-Type"), STR("application/json; charset=utf-8")};
    if (token) {
        struct str value = str_printf(a, "Bearer %.*s", STR_ARG(secret_reveal(token)));
        headers[1] = (struct transfer_header){STR("Authorization"), value};
    }
    return headers;
}

static struct transfer_request call_api(const struct slack_settings *slack, struct speech *speech,
                                        bool is_plain)
{
    struct arena *a = speech->arena;
    const struct message *m = speech->message;
    json_t *payload = json_object();
    struct slack_ref earlier =
        slack_calls_for_action(m->kind) ? ref_parse(STR_EMPTY) : ref_parse(m->earlier_ref);
    bool edits = earlier.ts.n > 0 && is_edit(m->kind);
    struct str channel = earlier.ts.n > 0 ? earlier.channel : m->to.address;
    json_object_set_new(payload, "channel", json_body_text(channel));
    if (edits) {
        json_object_set_new(payload, "ts", json_body_text(earlier.ts));
        json_object_set_new(payload, "parse", json_string("none")); /* its default differs */
        json_object_set_new(payload, "link_names", json_false());
    } else {
        forbid_unfurling(payload);
        if (earlier.ts.n > 0) {
            json_object_set_new(payload, "thread_ts", json_body_text(earlier.ts));
        }
    }
    struct str base = slack->api_url.n > 0 ? slack->api_url : str_from(default_api);
    struct str url =
        str_printf(a, "%.*s/%s", STR_ARG(base), edits ? "chat.update" : "chat.postMessage");
    return request_to(url, headers_of(a, slack->bot_token), 2,
                      slack_content_write(payload, speech, is_plain));
}

static struct transfer_request call_webhook(const struct slack_settings *slack,
                                            struct speech *speech, bool is_plain)
{
    struct arena *a = speech->arena;
    json_t *payload = json_object();
    forbid_unfurling(payload);
    struct str url = str_dup(a, secret_reveal(slack->webhook_url));
    return request_to(url, headers_of(a, NULL), 1, slack_content_write(payload, speech, is_plain));
}

static enum status build(const struct channel_settings *settings, struct speech *speech,
                         bool is_plain, struct transfer_request *ret, struct err *err)
{
    const struct message *message = speech->message;
    struct arena *a = speech->arena;
    const struct slack_settings *slack = &settings->slack;
    if (!settings->has_slack || (!slack->bot_token && !slack->webhook_url)) {
        return err_set(err, ERR_INVALID, "Slack is not configured");
    }
    struct str address = message->to.address;
    bool is_sane = str_eq(address, clean_line(a, address, ADDRESS_MAX)) &&
                   str_eq(message->earlier_ref, clean_line(a, message->earlier_ref, ADDRESS_MAX));
    if (!is_sane || (slack->bot_token && address.n == 0)) {
        return err_set(err, ERR_INVALID, "malformed Slack address");
    }
    *ret = slack->bot_token ? call_api(slack, speech, is_plain)
                            : call_webhook(slack, speech, is_plain);
    ret->is_private_allowed = settings->is_private_allowed;
    return OK;
}

static struct str ref_of_reply(const struct message *m, const json_t *reply, struct arena *a)
{
    if (is_threaded(m->kind) && ref_parse(m->earlier_ref).ts.n > 0) {
        return m->earlier_ref; /* a thread hangs on its first message, never on a reply */
    }
    struct str channel = json_body_member(reply, "channel"), ts = json_body_member(reply, "ts");
    if (channel.n == 0 || ts.n == 0) {
        return STR_EMPTY;
    }
    return clean_line(a, str_printf(a, "%.*s %.*s", STR_ARG(channel), STR_ARG(ts)), ADDRESS_MAX);
}

static struct outcome refused(const struct transfer_reply *reply, struct str word, struct arena *a)
{
    struct outcome out = verdict_by_http(reply, word, a);
    const struct verdict *known = verdict_find(words, word);
    if (reply->status == 429) {
        return out;
    }
    if (known) {
        out.kind = known->kind;
        out.scope = known->scope;
        out.hint_us = reply->retry_after_us;
    } else if (out.kind == OUTCOME_OK) {
        out.kind = OUTCOME_TEMP; /* ok:false with an unknown word: attempts are bounded anyway */
    }
    return out;
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
    if (json_is_false(ok)) {
        *ret = refused(reply, json_body_member(json, "error"), a);
        return;
    }
    if (!is_success) {
        *ret = refused(reply, str_trim(reply->body), a);
        return;
    }
    *ret = verdict_by_http(reply, STR_EMPTY, a);
    if (json_is_true(ok)) {
        ret->ref = ref_of_reply(message, json, a);
    } else if (!str_eq(str_trim(reply->body), STR("ok"))) {
        *ret = verdict_make(OUTCOME_UNKNOWN, SCOPE_DESTINATION,
                            verdict_reason(a, reply->status, STR("not a reply of Slack's")));
    }
}

const struct channel channel_slack = {CHANNEL_SLACK, build, classify};
