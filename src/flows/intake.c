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
#include "flows/source_proof.h"
#include "formats/json_scan.h"

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
    if (!source || !source_is_proven(deps, source, exchange)) {
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
