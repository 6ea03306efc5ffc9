/* The page behind a signed link: shows the incident and a form; only its POST acts.
 *
 * GET and HEAD never change anything, whoever fetches them: mail scanners and chat previews do. The
 * form carries a nonce that only a rendered page has. Works without JavaScript, on a phone, in
 * English and Russian; everything that came from an alert is escaped. */
#include "base/log.h"
#include "base/monotonic.h"
#include "domain/headline.h"
#include "flows/link_abuse.h"
#include "flows/links.h"
#include "flows/respond.h"
#include "flows/routes.h"
#include "flows/storm_page.h"
#include "flows/web_page.h"
#include "formats/form.h"
#include "formats/rfc3339.h"

enum { ALERTS_SHOWN = 20 };

struct phrases {
    const char *language, *acknowledge, *open, *acknowledged, *resolved, *severity, *service,
        *since, *firing, *alerts, *and_more, *acked_by, *resolved_by, *done, *already, *too_late,
        *other_cycle, *again, *bad_title, *bad_text, *expired_text, *from, *times;
};

static const struct phrases english = {
    .language = "en",
    .acknowledge = "Acknowledge",
    .open = "open",
    .acknowledged = "acknowledged",
    .resolved = "resolved",
    .severity = "Severity",
    .service = "Service",
    .since = "Since",
    .firing = "Firing",
    .alerts = "Alerts",
    .and_more = "and more",
    .acked_by = "Acknowledged by",
    .resolved_by = "Resolved by",
    .done = "Acknowledged. The escalation has stopped; everyone who was paged is told.",
    .already = "Already acknowledged.",
    .too_late = "It is resolved already; nothing was changed.",
    .other_cycle = "This link is from an earlier occurrence. Use the newest message.",
    .again = "Please press the button on this page.",
    .bad_title = "This link does not work",
    .bad_text = "It is not complete or was not made here. Open the newest message of the incident.",
    .expired_text = "It has expired. Open the newest message of the incident.",
    .from = "Page for",
    .times = "of",
};

static const struct phrases russian = {
    .language = "ru",
    .acknowledge = "Принять",
    .open = "открыт",
    .acknowledged = "принят",
    .resolved = "закрыт",
    .severity = "Важность",
    .service = "Сервис",
    .since = "Начало",
    .firing = "Активно",
    .alerts = "Алерты",
    .and_more = "и ещё",
    .acked_by = "Принял",
    .resolved_by = "Закрыл",
    .done = "Принято. Эскалация остановлена, все получившие вызов узнают об этом.",
    .already = "Уже принят.",
    .too_late = "Инцидент уже закрыт, ничего не изменилось.",
    .other_cycle = "Ссылка от прошлого срабатывания. Откройте последнее сообщение.",
    .again = "Нажмите кнопку на этой странице.",
    .bad_title = "Ссылка не работает",
    .bad_text = "Она неполная или создана не здесь. Откройте последнее сообщение об инциденте.",
    .expired_text = "Срок её действия истёк. Откройте последнее сообщение об инциденте.",
    .from = "Вызов для",
    .times = "из",
};

/* What one page shows. */
struct page {
    struct web_page web;
    const struct phrases *phrases;
    const struct settings *settings;
};

static const struct phrases *phrases_of(struct str language)
{
    return str_eq(language, STR("ru")) ? &russian : &english;
}

static struct str time_text(struct arena *arena, int64_t at)
{
    char s[RFC3339_TEXT_MAX];
    if (at == AT_NONE) {
        return STR_EMPTY;
    }
    rfc3339_format(at, RFC3339_S, s);
    return str_printf(arena, "%.10s %.8s UTC", s, s + 11);
}

static struct str person(const struct page *p, struct str actor)
{
    const struct user *user =
        str_starts_with(actor, STR("user:"))
            ? directory_user(&p->settings->directory, str_slice(actor, 5, actor.n))
            : NULL;
    return user ? user->name : actor;
}

static const char *state_phrase(const struct phrases *phrases, enum incident_state state)
{
    switch (state) {
    case INCIDENT_OPEN:
        return phrases->open;
    case INCIDENT_ACKNOWLEDGED:
        return phrases->acknowledged;
    case INCIDENT_RESOLVED:
        return phrases->resolved;
    case incident_state_COUNT:
        break;
    }
    UNREACHABLE("incident state");
}

static void put_incident(struct page *p, const struct incident *in)
{
    const struct phrases *t = p->phrases;
    strbuf_printf(&p->web.out, "<h1>#%lld ", (long long)in->number);
    web_page_escaped(&p->web, in->title);
    strbuf_printf(&p->web.out,
                  "</h1><p><span class=\"state %s\">%s</span></p><div class=\"card\"><dl>",
                  incident_state_name(in->state), state_phrase(t, in->state));
    web_page_row(&p->web, t->severity, in->severity);
    web_page_row(&p->web, t->service, in->service);
    web_page_row(&p->web, t->since, time_text(p->web.arena, in->opened_at));
    web_page_row(&p->web, t->firing,
                 str_printf(p->web.arena, "%lld %s %lld", (long long)in->firing, t->times,
                            (long long)in->total));
    web_page_row(&p->web, t->acked_by, person(p, in->acked_by));
    web_page_row(&p->web, t->resolved_by,
                 in->state == INCIDENT_RESOLVED ? person(p, in->resolved_by) : STR_EMPTY);
    web_page_add(&p->web, "</dl></div>");
}

static void put_alerts(struct page *p, const struct alert *alerts, size_t n, int64_t total)
{
    if (n == 0) {
        return;
    }
    strbuf_printf(&p->web.out, "<div class=\"card\"><strong>%s</strong><ul>", p->phrases->alerts);
    for (size_t i = 0; i < n; i++) {
        struct str summary = labels_get(alerts[i].annotations, STR("summary"));
        struct str name = labels_get(alerts[i].labels, STR("alertname"));
        struct str where = labels_get(alerts[i].labels, STR("instance"));
        web_page_add(&p->web, "<li>");
        web_page_escaped(&p->web, summary.n ? summary : name);
        if (where.n) {
            web_page_add(&p->web, " — ");
            web_page_escaped(&p->web, where);
        }
        web_page_add(&p->web, "</li>");
    }
    if (total > (int64_t)n) {
        strbuf_printf(&p->web.out, "<li>%s %lld</li>", p->phrases->and_more,
                      (long long)(total - (int64_t)n));
    }
    web_page_add(&p->web, "</ul></div>");
}

static void put_form(struct page *p, struct links *links, const struct action_token *token,
                     int64_t now_at, struct str whom)
{
    struct str nonce = links_nonce(links, p->web.arena, token, now_at);
    web_page_form(&p->web, nonce, p->phrases->acknowledge);
    if (whom.n) {
        strbuf_printf(&p->web.out, "<p>%s ", p->phrases->from);
        web_page_escaped(&p->web, whom);
        web_page_add(&p->web, "</p>");
    }
}

/* A link that is not valid, whatever the reason: 403, constant but for the expiry, and on record.
 */
static enum status answer_bad_link(struct query *q, const struct err *cause)
{
    struct page page = {0};
    struct err err = ERR_INIT;
    struct str language = exchange_header(q->exchange, STR("accept-language"));
    const struct phrases *t =
        phrases_of(language.p && str_starts_with(language, STR("ru")) ? STR("ru") : STR("en"));
    bool is_expired = str_eq(str_from(cause->where), STR("expired"));
    page.phrases = t;
    web_page_begin(&page.web, q->arena, t->language);
    strbuf_printf(&page.web.out, "<h1>%s</h1><p>%s</p>", t->bad_title,
                  is_expired ? t->expired_text : t->bad_text);
    if (store_access_log(q->store, STR("link"), exchange_request(q->exchange)->peer,
                         STR("acknowledge"), STR("forbidden"),
                         is_expired ? STR("expired link") : STR("bad link"), &err) != OK) {
        LOG(LOG_ERROR, "refused link not logged", KV_ERR(&err));
    }
    bool is_abuse =
        !is_expired && link_abuse_note(exchange_request(q->exchange)->peer, monotonic_us());
    web_page_answer(&page.web, q->exchange, is_abuse ? 429 : 403);
    return OK;
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

static enum status show(struct query *q, const struct action_token *token,
                        const struct recipient *to, const char *notice, int status, struct err *err)
{
    struct incident incident;
    struct alert *alerts;
    size_t n;
    struct page page = {0};
    int64_t now_at = deps_now(q->deps);
    if (store_incident(q->store, q->arena, token->incident, &incident, err) != OK ||
        store_alerts(q->store, q->arena, token->incident, ALERTS_SHOWN, &alerts, &n, err) != OK) {
        return err->code;
    }
    const struct snapshot *snapshot = configuration_ref(q->deps->configuration);
    page.settings = snapshot->settings;
    page.phrases = phrases_of(to->language);
    web_page_begin(&page.web, q->arena, page.phrases->language);
    if (notice) {
        strbuf_printf(&page.web.out, "<p role=\"status\"><strong>%s</strong></p>", notice);
    }
    put_incident(&page, &incident);
    bool may_act = token->purpose == LINK_ACKNOWLEDGE && incident.state == INCIDENT_OPEN &&
                   (uint32_t)incident.cycle == token->cycle;
    if (may_act) {
        put_form(&page, q->deps->links, token, now_at, to->label);
    }
    put_alerts(&page, alerts, n, incident.total);
    configuration_unref(snapshot);
    web_page_answer(&page.web, q->exchange, status);
    return OK;
}

enum status link_show(struct query *q, struct err *err)
{
    struct action_token token;
    struct recipient to = {0};
    enum status status = links_verify(q->deps->links, q->parameter, deps_now(q->deps), &token, err);
    if (status == ERR_FORBIDDEN) {
        return answer_bad_link(q, err);
    }
    if (status != OK || load_recipient(q, &token, &to, err) != OK) {
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

static const char *result_phrase(const struct phrases *t, const struct responded *done,
                                 uint32_t cycle)
{
    switch (done->transition) {
    case TRANSITION_CHANGED:
        return t->done;
    case TRANSITION_SAME:
        return done->incident.state == INCIDENT_ACKNOWLEDGED ? t->already : t->too_late;
    case TRANSITION_REFUSED:
        return (uint32_t)done->incident.cycle == cycle ? t->too_late : t->other_cycle;
    }
    UNREACHABLE("transition");
}

enum status link_act(struct query *q, struct err *err)
{
    struct action_token token;
    struct recipient to = {0};
    struct responded done;
    enum status status = links_verify(q->deps->links, q->parameter, deps_now(q->deps), &token, err);
    if (status == ERR_FORBIDDEN) {
        return answer_bad_link(q, err);
    }
    if (status != OK || load_recipient(q, &token, &to, err) != OK) {
        return err->code;
    }
    bool is_storm = token.purpose == LINK_ACKNOWLEDGE_STORM;
    if (token.purpose != LINK_ACKNOWLEDGE && !is_storm) {
        err_set_user(err, "this link only shows");
        return err_set(err, ERR_FORBIDDEN, "link of another purpose");
    }
    if (!is_same_origin(q->exchange) || !has_nonce(q, &token)) {
        const char *again = phrases_of(to.language)->again;
        return is_storm ? storm_page_show(q, &token, to.language, again, 403, err)
                        : show(q, &token, &to, again, 403, err);
    }
    if (is_storm) {
        return storm_page_act(q, &token, to.actor, to.language, err);
    }
    if (respond(q->deps, q->store, q->arena, token.incident, RESPONSE_ACKNOWLEDGE, to.actor,
                STR("link"), (int)token.cycle, token.jti, exchange_request(q->exchange)->peer,
                &done, err) != OK) {
        return err->code;
    }
    return show(q, &token, &to, result_phrase(phrases_of(to.language), &done, token.cycle), 200,
                err);
}
