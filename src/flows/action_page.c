/* The page behind a signed link: shows the incident and a form; only its POST acts.
 *
 * GET and HEAD never change anything, whoever fetches them: mail scanners and chat previews do. The
 * form carries a nonce that only a rendered page has. Works without JavaScript, on a phone, in
 * English and Russian; everything that came from an alert is escaped. */
#include "base/log.h"
#include "base/monotonic.h"
#include "flows/incident_message.h"
#include "flows/link_abuse.h"
#include "flows/links.h"
#include "flows/respond.h"
#include "flows/routes.h"
#include "flows/storm_page.h"
#include "flows/web_page.h"
#include "formats/form.h"
#include "formats/rfc3339.h"

enum { ALERTS_SHOWN = 20 };

/* "ru" of "ru-RU,en;q=0.8" */
static struct str language_of(const struct exchange *exchange)
{
    struct str wanted = exchange_header(exchange, STR("accept-language"));
    size_t n = 0;
    while (n < wanted.n && wanted.p[n] >= 'a' && wanted.p[n] <= 'z') {
        n++;
    }
    return str_slice(wanted, 0, n);
}

/* A link that is not valid, whatever the reason: 403, constant but for the expiry, and on record.
 */
static enum status answer_bad_link(struct query *q, const struct err *cause, struct err *err)
{
    struct str peer = exchange_request(q->exchange)->peer;
    struct err err_log = ERR_INIT;
    struct message message = {.to = {.language = language_of(q->exchange)},
                              .now_at = deps_now(q->deps),
                              .opened_at = AT_NONE,
                              .acked_at = AT_NONE,
                              .snoozed_until = AT_NONE,
                              .resolved_at = AT_NONE};
    struct template_page page = {.is_expired = str_eq(str_from(cause->where), STR("expired"))};
    if (store_access_log(q->store, STR("link"), peer, STR("acknowledge"), STR("forbidden"),
                         page.is_expired ? STR("expired link") : STR("bad link"), &err_log) != OK) {
        LOG(LOG_ERROR, "refused link not logged", KV_ERR(&err_log));
    }
    bool is_abuse = !page.is_expired && link_abuse_note(peer, monotonic_us());
    const struct snapshot *snapshot = configuration_ref(q->deps->configuration);
    enum status answered = web_page_answer(q, snapshot, PART_NOTICE_PAGE, &message, &page, NULL,
                                           is_abuse ? 429 : 403, err);
    configuration_unref(snapshot);
    return answered;
}

/* Who a link was sent to: a person, or the place it was posted in. */
struct recipient {
    struct str actor, label, language;
};

static enum status load_recipient(struct query *q, const struct action_token *token,
                                  struct recipient *ret, struct err *err)
{
    struct delivery delivery;
    if (store_delivery(q->store, q->arena, (int64_t)token->delivery, &delivery, err) != OK) {
        return err->code;
    }
    ret->label = delivery.label;
    ret->language = delivery.contact.language;
    ret->actor = delivery.contact.user.n
                     ? str_printf(q->arena, "user:%.*s", STR_ARG(delivery.contact.user))
                     : delivery.label;
    return OK;
}

/* Does the button of such a link still make sense? Somebody has to say that they are on it when it
 * is open, or they are reminded of it. */
static bool is_wanted(const struct action_token *token, const struct incident *incident)
{
    switch ((enum link_purpose)token->purpose) {
    case LINK_ACKNOWLEDGE:
        return incident->state == INCIDENT_OPEN ||
               (incident->state == INCIDENT_ACKNOWLEDGED && incident->reminded_at != AT_NONE);
    case LINK_RESOLVE:
    case LINK_SNOOZE:
        return incident->state != INCIDENT_RESOLVED;
    case LINK_NONE:
    case LINK_VIEW:
    case LINK_ACKNOWLEDGE_STORM:
    case link_purpose_COUNT:
        break;
    }
    return false;
}

/* Makes the button, or says why there is none. */
static enum status offer(struct query *q, const struct action_token *token,
                         const struct incident *incident, struct str *ret_nonce, const char **said,
                         struct err *err)
{
    bool is_used;
    if (!is_wanted(token, incident)) {
        return OK;
    }
    if ((uint32_t)incident->cycle != token->cycle) {
        *said = *said ? *said : "other_cycle";
        return OK;
    }
    if (store_link_used(q->store, token->jti, &is_used, err) != OK) {
        return err->code;
    }
    if (is_used) {
        *said = *said ? *said : "used";
        return OK;
    }
    *ret_nonce = links_nonce(q->deps->links, q->arena, token, deps_now(q->deps));
    return OK;
}

static enum status show(struct query *q, const struct action_token *token,
                        const struct recipient *to, const char *said, int status, struct err *err)
{
    struct incident incident;
    struct alert *alerts;
    size_t n;
    struct template_page page = {
        .nonce = STR_EMPTY,
        .action = str_from(link_purpose_name((enum link_purpose)token->purpose)),
        .whom = to->label,
    };
    int64_t now_at = deps_now(q->deps);
    if (store_incident(q->store, q->arena, token->incident, &incident, err) != OK ||
        store_alerts(q->store, q->arena, token->incident, ALERTS_SHOWN, &alerts, &n, err) != OK ||
        offer(q, token, &incident, &page.nonce, &said, err) != OK) {
        return err->code;
    }
    if (status == 403 && page.nonce.n > 0) {
        said = "press_again";
    }
    const struct snapshot *snapshot = configuration_ref(q->deps->configuration);
    struct message message = incident_message(q->arena, snapshot->settings, &incident, now_at);
    message.to.language = to->language;
    message.to_name = to->label;
    message.alerts = (struct alerts){alerts, n};
    enum status answered =
        web_page_answer(q, snapshot, PART_PAGE, &message, &page, said, status, err);
    configuration_unref(snapshot);
    return answered;
}

enum status link_show(struct query *q, struct err *err)
{
    struct action_token token;
    struct recipient to = {0};
    struct err cause = ERR_INIT;
    enum status status =
        links_verify(q->deps->links, q->parameter, deps_now(q->deps), &token, &cause);
    if (status == ERR_FORBIDDEN) {
        return answer_bad_link(q, &cause, err);
    }
    if (status != OK) {
        *err = cause;
        return status;
    }
    if (load_recipient(q, &token, &to, err) != OK) {
        return err->code;
    }
    return token.purpose == LINK_ACKNOWLEDGE_STORM
               ? storm_page_show(q, &token, to.language, NULL, 200, err)
               : show(q, &token, &to, NULL, 200, err);
}

/* A browser says where a form was sent from; another site's form is refused. */
static bool is_same_origin(const struct exchange *exchange)
{
    struct str site = exchange_header(exchange, STR("sec-fetch-site"));
    struct str origin = exchange_header(exchange, STR("origin"));
    struct str authority = exchange_request(exchange)->authority;
    if (site.p) {
        return str_eq(site, STR("same-origin")) || str_eq(site, STR("none"));
    }
    return !origin.p || str_ends_with(origin, authority) || str_eq(origin, STR("null"));
}

static bool has_nonce(struct query *q, const struct action_token *token)
{
    struct form form;
    struct str nonce;
    struct err err = ERR_INIT;
    return form_parse(q->arena, exchange_request(q->exchange)->body, 10, &form, &err) == OK &&
           form_get(&form, STR("nonce"), &nonce) &&
           links_nonce_fits(q->deps->links, token, nonce, deps_now(q->deps));
}

/* What came of it, as a word of the templates. */
static const char *result_word(const struct responded *done, const struct action_token *token)
{
    const struct incident *incident = &done->incident;
    bool is_ack = token->purpose == LINK_ACKNOWLEDGE;
    if ((uint32_t)incident->cycle != token->cycle) {
        return "other_cycle";
    }
    if (done->transition == TRANSITION_CHANGED) {
        return is_ack ? "done" : token->purpose == LINK_RESOLVE ? "done_resolve" : "done_snooze";
    }
    switch (incident->state) {
    case INCIDENT_OPEN:
        return "used"; /* it was acknowledged, and is open again */
    case INCIDENT_ACKNOWLEDGED:
        return !is_ack ? "used" : done->is_recorded ? "answered" : "already";
    case INCIDENT_RESOLVED:
        return "too_late";
    case incident_state_COUNT:
        break;
    }
    UNREACHABLE("state");
}

/* False: it only shows. */
static bool response_of(struct query *q, const struct action_token *token, struct str actor,
                        struct response *ret)
{
    char text[RFC3339_TEXT_MAX];
    *ret = (struct response){.actor = actor, .through = STR("link")};
    switch ((enum link_purpose)token->purpose) {
    case LINK_ACKNOWLEDGE:
        ret->kind = RESPONSE_ACKNOWLEDGE;
        return true;
    case LINK_RESOLVE:
        ret->kind = RESPONSE_RESOLVE;
        return true;
    case LINK_SNOOZE:
        ret->kind = RESPONSE_SNOOZE;
        ret->until_at = deps_now(q->deps) + LINK_SNOOZE_US;
        ret->text = str_dup(q->arena, str_from(rfc3339_format(ret->until_at, RFC3339_S, text)));
        return true;
    case LINK_NONE:
    case LINK_VIEW:
    case LINK_ACKNOWLEDGE_STORM:
    case link_purpose_COUNT:
        break;
    }
    return false;
}

enum status link_act(struct query *q, struct err *err)
{
    struct action_token token;
    struct response response;
    struct recipient to = {0};
    struct responded done;
    struct err cause = ERR_INIT;
    enum status status =
        links_verify(q->deps->links, q->parameter, deps_now(q->deps), &token, &cause);
    if (status == ERR_FORBIDDEN) {
        return answer_bad_link(q, &cause, err);
    }
    if (status != OK) {
        *err = cause;
        return status;
    }
    if (load_recipient(q, &token, &to, err) != OK) {
        return err->code;
    }
    bool is_storm = token.purpose == LINK_ACKNOWLEDGE_STORM;
    if (!is_storm && !response_of(q, &token, to.actor, &response)) {
        err_set_user(err, "this link only shows");
        return err_set(err, ERR_FORBIDDEN, "link of another purpose");
    }
    if (!is_same_origin(q->exchange) || !has_nonce(q, &token)) {
        return is_storm ? storm_page_show(q, &token, to.language, "press_again", 403, err)
                        : show(q, &token, &to, NULL, 403, err);
    }
    if (is_storm) {
        return storm_page_act(q, &token, to.actor, to.language, err);
    }
    if (respond(q->deps, q->store, q->arena, token.incident, &response, (int)token.cycle, token.jti,
                exchange_request(q->exchange)->peer, &done, err) != OK) {
        return err->code;
    }
    return show(q, &token, &to, result_word(&done, &token), 200, err);
}
