#include "flows/deliver_round.h"

#include "base/metrics.h"
#include "wire/contact_text.h"

static struct metric superseded_total = METRIC_COUNTER(
    "alertify_deliveries_superseded_total", "Deliveries dropped because nobody needs them.", NULL);
static struct metric failed_total =
    METRIC_COUNTER("alertify_deliveries_failed_total", "Deliveries given up.", "channel");

void round_register(void)
{
    metric_register(&superseded_total);
}

struct decision *round_decision(struct round *r, struct uuid incident)
{
    for (size_t i = 0; i < r->n_incidents; i++) {
        if (uuid_eq(r->incidents[i].id, incident)) {
            return &r->decisions[i];
        }
    }
    UNREACHABLE("a delivery without its incident");
}

enum status round_lock(struct round *r, struct store *store, const struct uuid *ids, size_t n,
                       struct err *err)
{
    if (store_incidents_lock(store, r->arena, ids, n, &r->incidents, &r->n_incidents, err) != OK) {
        return err->code;
    }
    r->decisions = ARENA_ARRAY(r->arena, struct decision, r->n_incidents);
    for (size_t i = 0; i < r->n_incidents; i++) {
        decision_init(&r->decisions[i], r->arena, &r->incidents[i], r->now_at);
    }
    return OK;
}

static void count_ends(const struct round *r)
{
    for (size_t i = 0; i < r->writes.n; i++) {
        const struct delivery_write *write = &r->writes.v[i];
        if (write->state == DELIVERY_SUPERSEDED) {
            metric_add(&superseded_total, 1);
        } else if (write->state == DELIVERY_FAILED) {
            metric_add(&failed_total, 1, str_from(channel_kind_name(write->contact.channel)));
        }
    }
}

enum status round_write(struct round *r, struct store *store, size_t *ret_written, struct err *err)
{
    VEC(const struct decision *) changed = {0};
    for (size_t i = 0; i < r->n_incidents; i++) {
        if (r->decisions[i].events.n > 0) {
            VEC_PUSH(r->arena, &changed, &r->decisions[i]);
        }
    }
    struct changes changes = {
        .now_at = r->now_at, .decisions = changed.v, .n_decisions = changed.n};
    if (store_write(store, r->arena, &changes, err) != OK ||
        store_deliveries_write(store, r->arena, r->writes.v, r->writes.n, ret_written, err) != OK ||
        store_conversations_write(store, r->arena, r->conversations.v, r->conversations.n, err) !=
            OK) {
        return err->code;
    }
    count_ends(r);
    return OK;
}

struct timeline_entry *round_note(struct round *r, const struct delivery *delivery,
                                  enum event_kind kind)
{
    struct decision *decision = round_decision(r, delivery->incident);
    struct timeline_entry *entry = decision_event(decision, kind, STR("alertify"));
    entry_fact(entry, "to", delivery->label);
    entry_fact(entry, "channel", str_from(channel_kind_name(delivery->contact.channel)));
    entry_fact(entry, "what", str_from(notice_kind_name(delivery->kind)));
    return entry;
}

struct delivery_write delivery_write_of(const struct delivery *delivery, enum delivery_state state)
{
    return (struct delivery_write){.id = delivery->id,
                                   .fence = delivery->fence,
                                   .state = state,
                                   .attempts = delivery->attempts,
                                   .contact = delivery->contact,
                                   .contacts_text = delivery->contacts_text,
                                   .is_plain = delivery->is_plain};
}

bool delivery_next_contact(struct arena *arena, const struct delivery *delivery,
                           struct delivery_write *write)
{
    struct contact *rest;
    size_t n;
    struct err err = ERR_INIT;
    if (contacts_parse(arena, delivery->contacts_text, &rest, &n, &err) != OK || n == 0) {
        return false;
    }
    write->contact = rest[0];
    write->contacts_text = contacts_format(arena, rest + 1, n - 1);
    write->attempts = 0;
    write->is_plain = false;
    return true;
}

struct timeline_entry *round_supersede(struct round *r, const struct delivery *delivery,
                                       struct str reason)
{
    struct timeline_entry *entry = round_note(r, delivery, EVENT_DELIVERY_SUPERSEDED);
    entry_fact(entry, "reason", reason);
    VEC_PUSH(r->arena, &r->writes, delivery_write_of(delivery, DELIVERY_SUPERSEDED));
    return entry;
}

struct str round_why_unwanted(struct round *r, const struct incident *incident)
{
    if (incident->state != INCIDENT_OPEN) {
        return str_from(incident_state_name(incident->state));
    }
    return incident->merged_into != 0
               ? str_printf(r->arena, "merged into #%lld", (long long)incident->merged_into)
               : STR("it was taken meanwhile, and is open again");
}
