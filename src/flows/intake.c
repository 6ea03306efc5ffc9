/* intake — a webhook arrives.
 *
 *   1 source   the name in the path, as configured
 *   2 proof    bearer, basic, HMAC with a fresh timestamp, or client certificate; constant time
 *   3 scan     well-formed JSON within bounds; what is not goes to quarantine, and is answered 400
 *   4 ledger   hand over; the ledger thread answers after its commit
 * Everything here is bounded and nothing blocks. A sender that is refused for overload gets 503:
 * Alertmanager drops what is answered 429. */
#include "flows/intake.h"

#include "base/entropy.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "flows/intake_item.h"
#include "formats/base64.h"
#include "formats/json_scan.h"
#include "formats/signature.h"

static struct metric refused_total = METRIC_COUNTER(
    "alertify_intake_refused_total", "Webhooks refused before the ledger.", "reason");

static void refuse(struct exchange *exchange, enum status code, const char *reason,
                   const char *text)
{
    struct err err = ERR_INIT;
    metric_add(&refused_total, 1, str_from(reason));
    err_set(&err, code, "%s", reason);
    err_set_user(&err, "%s", text);
    exchange_answer_error(exchange, &err);
}

/* ---- 2 proof ----------------------------------------------------------------------------------
 */

static bool is_one_of(const struct secrets *secrets, struct str given)
{
    bool fits = false;
    for (size_t i = 0; i < secrets->n; i++) {
        fits |= secret_eq(secrets->v[i], given);
    }
    return fits;
}

static bool bearer_fits(const struct source *source, struct str authorization)
{
    struct str scheme = str_cut(&authorization, ' ');
    return source->bearer.n > 0 && str_eq_nocase(scheme, STR("bearer")) && authorization.p &&
           is_one_of(&source->bearer, str_trim(authorization));
}

static bool basic_fits(const struct source *source, struct exchange *exchange,
                       struct str authorization)
{
    struct str scheme = str_cut(&authorization, ' '), decoded;
    if (source->basic_password.n == 0 || !str_eq_nocase(scheme, STR("basic")) || !authorization.p ||
        !base64_decode(exchange_arena(exchange), str_trim(authorization), &decoded)) {
        return false;
    }
    struct str user = str_cut(&decoded, ':');
    bool user_fits = str_eq(user, source->basic_user);
    return is_one_of(&source->basic_password, decoded.p ? decoded : STR_EMPTY) && user_fits;
}

static bool hmac_fits(const struct source *source, const struct exchange *exchange, int64_t now_at)
{
    bool fits = false;
    struct str signature = exchange_header(exchange, source->hmac_header);
    struct str timestamp = exchange_header(exchange, source->timestamp_header);
    for (size_t i = 0; i < source->hmac.n && signature.p && timestamp.p; i++) {
        struct err err = ERR_INIT;
        fits |= signature_check_grafana(secret_reveal(source->hmac.v[i]), signature, timestamp,
                                        exchange_request(exchange)->body, now_at, &err) == OK;
    }
    return fits;
}

static bool is_proven(const struct deps *deps, const struct source *source,
                      struct exchange *exchange)
{
    struct str authorization = exchange_header(exchange, STR("authorization"));
    struct str subject = exchange_request(exchange)->client_subject;
    if (source->is_open && deps->is_open_allowed) {
        return true;
    }
    if (source->client_subject.n && str_eq(subject, source->client_subject)) {
        return true;
    }
    if (authorization.p &&
        (bearer_fits(source, authorization) || basic_fits(source, exchange, authorization))) {
        return true;
    }
    return hmac_fits(source, exchange, deps_now(deps));
}

/* ---- 4 ledger ---------------------------------------------------------------------------------
 */

static void hand_over(struct deps *deps, struct exchange *exchange, struct str source,
                      struct str quarantine)
{
    struct arena *arena = exchange_arena(exchange);
    struct intake_item *item = ARENA_NEW(arena, struct intake_item);
    uint8_t random[10];
    entropy_fill(random, sizeof(random));
    *item = (struct intake_item){
        .exchange = exchange,
        .arrived_us = monotonic_us(),
        .entry = {.receipt = uuid_v7(deps_now(deps), random),
                  .source = str_dup(arena, source),
                  .peer = exchange_request(exchange)->peer,
                  .body = exchange_request(exchange)->body,
                  .quarantine = quarantine},
    };
    if (!mailbox_post(deps->ledger, item, item->entry.body.n + 512)) {
        refuse(exchange, ERR_UNAVAILABLE, "queue_full",
               "too many alerts wait to be stored; please send it again");
    }
}

void flow_intake(struct deps *deps, struct exchange *exchange, struct str source_name)
{
    struct err err = ERR_INIT;
    const struct snapshot *snapshot = configuration_ref(deps->configuration);
    const struct source *source = settings_source(snapshot->settings, source_name);
    struct str body = exchange_request(exchange)->body;
    if (!source || !is_proven(deps, source, exchange)) {
        /* One answer for an unknown source and a wrong proof: names are not for guessing. */
        refuse(exchange, ERR_UNAUTHENTICATED, "unauthenticated",
               "this source does not exist or its credential does not fit");
    } else if (json_scan(body, NULL, &err) != OK) {
        struct str reason = str_printf(exchange_arena(exchange), "%s at %s", err.detail, err.where);
        hand_over(deps, exchange, source->name, reason);
    } else {
        hand_over(deps, exchange, source->name, STR_EMPTY);
    }
    configuration_unref(snapshot);
}
