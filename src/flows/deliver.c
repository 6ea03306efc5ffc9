/* deliver — due outbox rows go to their channel; what happened is recorded.
 *
 *   1 claim    due rows and their incidents, locked; unwanted ones become `superseded`
 *   2 mark     the rest becomes `sending` with the next fence, and takes the next seq of its
 * incident as an `attempt`: so no attempt is ordered after an acknowledgement. Commit 3 build facts
 * → message → the channel's request 4 send     on this thread's loop 5 classify OK / TEMP(hint) /
 * PERM / UNKNOWN 6 record   outcomes in batches: sent, tried again later, next contact, or failed.
 * Commit A row whose sender vanished is due again after its deadline and may arrive twice; the
 * message says so. An outcome that cannot be recorded is kept and tried again; if we die first,
 * that is the case before. */
#include "base/entropy.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "base/vec.h"
#include "channels/channel.h"
#include "flows/flows.h"
#include "flows/links.h"
#include "flows/run_text.h"
#include "flows/trouble.h"
#include "wire/contact_text.h"

#include <string.h>

enum { CLAIM_MAX = 50, IN_FLIGHT_MAX = 200, MOVE_ON_AFTER = 3 };
#define SEND_US (8 * US_PER_S)
#define SEND_MARGIN_US (2 * US_PER_S)
#define POLL_US (200 * US_PER_MS)
#define AWAY_US (300 * US_PER_MS)

static struct metric sends_total =
    METRIC_COUNTER("alertify_sends_total", "Send attempts by outcome.", "channel", "outcome");
static struct metric send_seconds = METRIC_HISTOGRAM(
    "alertify_send_seconds", "Time of one send attempt.", metric_latency_buckets, "channel");
static struct metric superseded_total = METRIC_COUNTER(
    "alertify_deliveries_superseded_total", "Deliveries dropped because nobody needs them.", NULL);
static struct metric failed_total =
    METRIC_COUNTER("alertify_deliveries_failed_total", "Deliveries given up.", "channel");

/* One delivery being sent. Owns its arena; ends in record(). */
struct flight {
    struct deliver *deliver;
    struct flight *next; /* among those whose outcome waits to be recorded */
    struct arena arena;
    const struct snapshot *snapshot;
    struct delivery delivery; /* as marked: fence and attempts are the new ones */
    struct message message;
    struct outcome outcome;
    int64_t started_us;
};

struct deliver {
    struct deps *deps;
    struct store *store;
    struct flight *ended; /* outcome known, not recorded */
    struct flight **ended_tail;
    size_t in_flight; /* submitted or ended, not recorded */
};

/* One claim or record transaction. */
struct round {
    struct arena *arena;
    int64_t now_at;
    struct incident *incidents;
    size_t n_incidents;
    struct decision *decisions; /* one per incident, in the same order */
    VEC(struct delivery_write) writes;
    VEC(struct conversation_write) conversations;
};

static struct decision *decision_of(struct round *r, struct uuid incident)
{
    for (size_t i = 0; i < r->n_incidents; i++) {
        if (uuid_eq(r->incidents[i].id, incident)) {
            return &r->decisions[i];
        }
    }
    UNREACHABLE("a delivery without its incident");
}

static enum status lock_incidents(struct deliver *d, struct round *r, const struct uuid *ids,
                                  size_t n, struct err *err)
{
    if (store_incidents_lock(d->store, r->arena, ids, n, &r->incidents, &r->n_incidents, err) !=
        OK) {
        return err->code;
    }
    r->decisions = ARENA_ARRAY(r->arena, struct decision, r->n_incidents);
    for (size_t i = 0; i < r->n_incidents; i++) {
        decision_init(&r->decisions[i], r->arena, &r->incidents[i], r->now_at);
    }
    return OK;
}

static enum status commit_round(struct deliver *d, struct round *r, size_t *ret_written,
                                struct err *err)
{
    VEC(const struct decision *) changed = {0};
    for (size_t i = 0; i < r->n_incidents; i++) {
        if (r->decisions[i].events.n > 0) {
            VEC_PUSH(r->arena, &changed, &r->decisions[i]);
        }
    }
    struct changes changes = {
        .now_at = r->now_at, .decisions = changed.v, .n_decisions = changed.n};
    if (store_write(d->store, r->arena, &changes, err) != OK ||
        store_deliveries_write(d->store, r->arena, r->writes.v, r->writes.n, ret_written, err) !=
            OK ||
        store_conversations_write(d->store, r->arena, r->conversations.v, r->conversations.n,
                                  err) != OK) {
        return err->code;
    }
    return store_commit(d->store, err);
}

static struct timeline_entry *note(struct round *r, const struct delivery *delivery,
                                   enum event_kind kind)
{
    struct decision *decision = decision_of(r, delivery->incident);
    struct timeline_entry *entry = decision_event(decision, kind, STR("alertify"));
    entry_fact(entry, "to", delivery->label);
    entry_fact(entry, "channel", str_from(channel_kind_name(delivery->contact.channel)));
    entry_fact(entry, "what", str_from(notice_kind_name(delivery->kind)));
    return entry;
}

static struct delivery_write write_of(const struct delivery *delivery, enum delivery_state state)
{
    return (struct delivery_write){.id = delivery->id,
                                   .fence = delivery->fence,
                                   .state = state,
                                   .attempts = delivery->attempts,
                                   .contact = delivery->contact,
                                   .contacts_text = delivery->contacts_text,
                                   .is_plain = delivery->is_plain};
}

/* ---- 1 claim, 2 mark --------------------------------------------------------------------------
 */

/* A receiver may keep quiet about the end; the answer is that of the configuration in force. */
static bool is_told_of(const struct settings *settings, const struct incident *incident)
{
    const struct receiver *receiver = settings_receiver(settings, incident->receiver);
    return incident->state != INCIDENT_RESOLVED || !receiver || receiver->sends_resolve;
}

static void supersede(struct deliver *d, struct round *r, const struct delivery *delivery)
{
    const struct snapshot *snapshot = configuration_ref(d->deps->configuration);
    struct timeline_entry *entry = note(r, delivery, EVENT_DELIVERY_SUPERSEDED);
    struct decision *decision = decision_of(r, delivery->incident);
    entry_fact(entry, "reason", str_from(incident_state_name(decision->incident.state)));
    VEC_PUSH(r->arena, &r->writes, write_of(delivery, DELIVERY_SUPERSEDED));
    metric_add(&superseded_total, 1);
    /* It may have arrived before its sender died: then they have to hear the end of it, too. */
    if (delivery->kind == NOTICE_PAGE && delivery->may_be_repeated &&
        delivery->cycle == decision->incident.cycle &&
        is_told_of(snapshot->settings, &decision->incident)) {
        struct told *told = ARENA_NEW(r->arena, struct told);
        *told = (struct told){.contact = delivery->contact, .label = delivery->label};
        decision_catch_up(decision, told);
    }
    configuration_unref(snapshot);
}

static void mark_sending(struct round *r, struct delivery *delivery)
{
    struct timeline_entry *entry = note(r, delivery, EVENT_ATTEMPT);
    delivery->attempts++;
    entry_fact(entry, "attempt", str_printf(r->arena, "%u", delivery->attempts));
    entry_fact(entry, "delivery", str_printf(r->arena, "%lld", (long long)delivery->id));
    struct delivery_write write = write_of(delivery, DELIVERY_SENDING);
    write.deadline_at = r->now_at + SEND_US + SEND_MARGIN_US;
    VEC_PUSH(r->arena, &r->writes, write);
    delivery->fence++;
}

static struct str ref_of(const struct told_row *told, size_t n, const struct delivery *delivery)
{
    for (size_t i = 0; i < n; i++) {
        if (uuid_eq(told[i].incident, delivery->incident) &&
            told[i].told.contact.channel == delivery->contact.channel &&
            str_eq(told[i].told.contact.address, delivery->contact.address)) {
            return told[i].ref;
        }
    }
    return STR_EMPTY;
}

static struct delivery copy_delivery(struct arena *a, const struct delivery *from)
{
    struct delivery d = *from;
    d.label = str_dup(a, from->label);
    d.note = str_dup(a, from->note);
    d.contacts_text = str_dup(a, from->contacts_text);
    d.dedupe_key = str_dup(a, from->dedupe_key);
    d.contact.address = str_dup(a, from->contact.address);
    d.contact.user = str_dup(a, from->contact.user);
    d.contact.language = str_dup(a, from->contact.language);
    return d;
}

static struct str person(struct arena *a, const struct settings *settings, struct str actor)
{
    if (str_starts_with(actor, STR("user:"))) {
        const struct user *user =
            directory_user(&settings->directory, str_slice(actor, 5, actor.n));
        return str_dup(a, user ? user->name : str_slice(actor, 5, actor.n));
    }
    return str_dup(a, actor);
}

/* A page says what a script has already tried. */
static enum status note_of(struct deliver *d, struct flight *flight, struct str *ret,
                           struct err *err)
{
    struct run run;
    struct err none = ERR_INIT;
    *ret = flight->delivery.note;
    if (flight->delivery.kind != NOTICE_PAGE) {
        return OK;
    }
    enum status status = store_run_newest(d->store, &flight->arena, flight->delivery.incident,
                                          flight->delivery.cycle, &run, &none);
    if (status == OK) {
        *ret = run_text(&flight->arena, &run);
    } else if (status != ERR_NOT_FOUND) {
        *err = none;
        return status;
    }
    return OK;
}

/* The facts of a message, copied into the flight's arena: the claim's arena ends with the claim. */
static enum status gather(struct deliver *d, struct round *r, struct flight *flight,
                          const struct told_row *told, size_t n_told, struct err *err)
{
    struct arena *a = &flight->arena;
    const struct delivery *delivery = &flight->delivery;
    const struct incident *in = &decision_of(r, delivery->incident)->incident;
    struct message *m = &flight->message;
    char id[UUID_TEXT + 1];
    struct alert *alerts;
    size_t n;
    *m = (struct message){
        .kind = delivery->kind,
        .to = delivery->contact,
        .earlier_ref = delivery->is_plain ? STR_EMPTY : str_dup(a, ref_of(told, n_told, delivery)),
        .id = str_printf(a, "%lld", (long long)delivery->id),
        .may_be_repeated = delivery->may_be_repeated,
        .incident_number = in->number,
        .incident_id = str_dup(a, str_from(uuid_format(in->id, id))),
        .title = str_dup(a, in->title),
        .severity = str_dup(a, in->severity),
        .service = str_dup(a, in->service),
        .state = str_from(incident_state_name(in->state)),
        .receiver = str_dup(a, in->receiver),
        .round = delivery->round,
        .step = delivery->step + 1,
        .firing = in->firing,
        .total = in->total,
        .opened_at = in->opened_at,
        .now_at = r->now_at,
        .acked_at = in->acked_at,
        .resolved_at = in->resolved_at,
        .acked_by = person(a, flight->snapshot->settings, in->acked_by),
        .resolved_by = person(a, flight->snapshot->settings, in->resolved_by),
    };
    struct str base = flight->snapshot->settings->external_url;
    base = base.n ? base : d->deps->external_url;
    if (delivery->kind == NOTICE_PAGE || delivery->kind == NOTICE_REMINDER ||
        in->state == INCIDENT_OPEN) {
        m->ack_url = links_url(d->deps->links, a, base, LINK_ACKNOWLEDGE, delivery, r->now_at);
    }
    m->open_url = links_url(d->deps->links, a, base, LINK_VIEW, delivery, r->now_at);
    if (note_of(d, flight, &m->note, err) != OK ||
        store_alerts(d->store, a, in->id, MESSAGE_ALERTS_MAX, &alerts, &n, err) != OK) {
        return err->code;
    }
    memcpy(m->alerts, alerts, n * sizeof(*alerts));
    m->n_alerts = n;
    return OK;
}

static struct flight *new_flight(struct deliver *d, const struct delivery *delivery)
{
    struct flight *flight = HEAP_NEW(struct flight);
    arena_init(&flight->arena);
    flight->deliver = d;
    flight->snapshot = configuration_ref(d->deps->configuration);
    flight->delivery = copy_delivery(&flight->arena, delivery);
    return flight;
}

static void free_flight(struct flight *flight)
{
    configuration_unref(flight->snapshot);
    arena_release(&flight->arena);
    heap_free(flight);
}

/* Fills flights with what is to be sent once the claim is committed. */
static enum status claim(struct deliver *d, struct round *r, size_t max, struct flight **flights,
                         size_t *ret_n, struct err *err)
{
    struct delivery *due;
    struct told_row *told;
    size_t n, n_told, written;
    if (store_begin(d->store, &r->now_at, err) != OK ||
        store_deliveries_due(d->store, r->arena, max, &due, &n, err) != OK) {
        return err->code;
    }
    if (n == 0) {
        store_rollback(d->store);
        return OK;
    }
    struct uuid *ids = ARENA_ARRAY(r->arena, struct uuid, n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = due[i].incident;
    }
    if (lock_incidents(d, r, ids, n, err) != OK ||
        store_told(d->store, r->arena, ids, n, &told, &n_told, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        const struct incident *incident = &decision_of(r, due[i].incident)->incident;
        if (!notice_is_wanted(incident, due[i].kind, due[i].cycle, due[i].state_seq)) {
            supersede(d, r, &due[i]);
            continue;
        }
        mark_sending(r, &due[i]);
        struct flight *flight = flights[(*ret_n)++] = new_flight(d, &due[i]);
        if (gather(d, r, flight, told, n_told, err) != OK) {
            return err->code;
        }
    }
    return commit_round(d, r, &written, err);
}

/* ---- 3 build, 4 send, 5 classify --------------------------------------------------------------
 */

static void end_flight(struct flight *flight)
{
    struct deliver *d = flight->deliver;
    const struct str channel = str_from(channel_kind_name(flight->delivery.contact.channel));
    metric_add(&sends_total, 1, channel, str_from(outcome_kind_name(flight->outcome.kind)));
    metric_observe(&send_seconds, (double)(monotonic_us() - flight->started_us) / 1e6, channel);
    flight->next = NULL;
    *d->ended_tail = flight;
    d->ended_tail = &flight->next;
}

static void on_replied(void *arg, const struct transfer_reply *reply)
{
    struct flight *flight = arg;
    const struct channel *channel = channel_of(flight->delivery.contact.channel);
    channel->classify(&flight->message, reply, &flight->arena, &flight->outcome);
    end_flight(flight);
}

static void send_out(struct flight *flight)
{
    struct deliver *d = flight->deliver;
    const struct channel *channel = channel_of(flight->delivery.contact.channel);
    struct channel_settings settings;
    struct transfer_request request = {0};
    struct err err = ERR_INIT;
    enum status status = OK;
    d->in_flight++;
    flight->started_us = monotonic_us();
    if (!settings_for_contact(&flight->snapshot->settings->channels, &flight->delivery.contact,
                              &settings, &flight->message.to.address)) {
        status = err_set(&err, ERR_INVALID, "this account of the channel is not configured");
    }
    if (status == OK) {
        status = channel->build(&settings, &flight->message, flight->delivery.is_plain,
                                &flight->arena, &request, &err);
    }
    if (status == OK) {
        request.timeout_us = SEND_US;
        request.is_private_allowed |= settings.is_private_allowed;
        status = transfer_submit(d->deps->transfers, &request, on_replied, flight, &err);
    }
    if (status != OK) {
        flight->outcome = (struct outcome){.kind = OUTCOME_PERM,
                                           .scope = SCOPE_DESTINATION,
                                           .reason = str_dup(&flight->arena, str_from(err.detail))};
        end_flight(flight);
    }
}

/* ---- 6 record ---------------------------------------------------------------------------------
 */

static bool use_next_contact(struct flight *flight, struct delivery_write *write)
{
    struct contact *rest;
    size_t n;
    struct err err = ERR_INIT;
    if (contacts_parse(&flight->arena, flight->delivery.contacts_text, &rest, &n, &err) != OK ||
        n == 0) {
        return false;
    }
    write->contact = rest[0];
    write->contacts_text = contacts_format(&flight->arena, rest + 1, n - 1);
    write->attempts = 0;
    write->is_plain = false;
    return true;
}

static void record_sent(struct round *r, struct flight *flight, struct delivery_write *write)
{
    const struct delivery *delivery = &flight->delivery;
    struct decision *decision = decision_of(r, delivery->incident);
    struct told *told = ARENA_NEW(r->arena, struct told);
    *told = (struct told){.contact = delivery->contact, .label = delivery->label};
    write->state = DELIVERY_SENT;
    note(r, delivery, EVENT_DELIVERED);
    if (delivery->cycle != decision->incident.cycle) {
        return;
    }
    struct conversation_write conversation = {.incident = delivery->incident,
                                              .cycle = delivery->cycle,
                                              .contact = delivery->contact,
                                              .label = delivery->label,
                                              .ref = flight->outcome.ref,
                                              .told_seq = delivery->state_seq};
    if (delivery->kind != NOTICE_NOTE && delivery->kind != NOTICE_REMINDER) {
        VEC_PUSH(r->arena, &r->conversations, conversation);
    }
    if (delivery->kind == NOTICE_PAGE &&
        is_told_of(flight->snapshot->settings, &decision->incident)) {
        decision_catch_up(decision, told);
    }
}

static struct str same_account(struct arena *arena, struct str from, struct str to)
{
    size_t end = str_find(from, CONTACT_ACCOUNT_END, 0);
    return end == SIZE_MAX ? to : str_printf(arena, "%.*s%.*s", (int)end + 1, from.p, STR_ARG(to));
}

/* What is tried next after a failure: the same again, plainer, elsewhere, or nothing. */
static void record_failure(struct round *r, struct flight *flight, struct delivery_write *write)
{
    const struct delivery *delivery = &flight->delivery;
    const struct outcome *outcome = &flight->outcome;
    bool is_payload = outcome->kind == OUTCOME_PERM && !delivery->is_plain &&
                      (outcome->scope == SCOPE_PAYLOAD || outcome->scope == SCOPE_EDIT);
    int64_t retry_at =
        retry_next(&retry_default, delivery->attempts, outcome, r->now_at, entropy_u64());
    bool moves_on = retry_at == RETRY_NEVER ||
                    (delivery->kind == NOTICE_PAGE && delivery->attempts >= MOVE_ON_AFTER);
    write->state = DELIVERY_READY;
    write->due_at = r->now_at;
    if (outcome->moved_to.n && retry_at != RETRY_NEVER) { /* moving for ever is a failure, too */
        write->contact.address =
            same_account(r->arena, delivery->contact.address, outcome->moved_to);
    } else if (is_payload) {
        write->is_plain = true;
    } else if (moves_on && use_next_contact(flight, write)) {
        write->due_at = r->now_at;
    } else if (retry_at != RETRY_NEVER) {
        write->due_at = retry_at;
    } else {
        write->state = DELIVERY_FAILED;
        metric_add(&failed_total, 1, str_from(channel_kind_name(delivery->contact.channel)));
    }
    struct timeline_entry *entry =
        note(r, delivery,
             write->state == DELIVERY_FAILED ? EVENT_DELIVERY_FAILED : EVENT_DELIVERY_RETRIED);
    entry_fact(entry, "reason", outcome->reason);
    if (write->state == DELIVERY_READY) {
        entry_fact(entry, "next",
                   str_printf(r->arena, "%s in %.1f s", channel_kind_name(write->contact.channel),
                              (double)(write->due_at - r->now_at) / 1e6));
    }
    LOG(LOG_WARNING, "delivery did not succeed", KV_INT("delivery", delivery->id),
        KV_C("channel", channel_kind_name(delivery->contact.channel)),
        KV_C("outcome", outcome_kind_name(outcome->kind)), KV_STR("reason", outcome->reason),
        KV_C("then", delivery_state_name(write->state)));
}

static enum status record(struct deliver *d, struct round *r, struct err *err)
{
    VEC(struct uuid) ids = {0};
    size_t written;
    for (struct flight *f = d->ended; f; f = f->next) {
        VEC_PUSH(r->arena, &ids, f->delivery.incident);
    }
    if (store_begin(d->store, &r->now_at, err) != OK ||
        lock_incidents(d, r, ids.v, ids.n, err) != OK) {
        return err->code;
    }
    for (struct flight *f = d->ended; f; f = f->next) {
        struct delivery_write write = write_of(&f->delivery, DELIVERY_SENT);
        write.has_outcome = true;
        write.outcome = f->outcome.kind;
        write.reason = f->outcome.reason;
        if (f->outcome.kind == OUTCOME_OK) {
            record_sent(r, f, &write);
        } else {
            record_failure(r, f, &write);
        }
        VEC_PUSH(r->arena, &r->writes, write);
    }
    if (commit_round(d, r, &written, err) != OK) {
        return err->code;
    }
    if (written != r->writes.n) {
        LOG(LOG_WARNING, "stale fence: a delivery was taken over",
            KV_INT("rows", r->writes.n - written));
    }
    return OK;
}

static void forget_recorded(struct deliver *d)
{
    while (d->ended) {
        struct flight *flight = d->ended;
        d->ended = flight->next;
        d->in_flight--;
        free_flight(flight);
    }
    d->ended_tail = &d->ended;
}

static bool record_ended(struct deliver *d, struct arena *arena)
{
    struct err err = ERR_INIT;
    struct round round = {.arena = arena};
    if (!d->ended) {
        return true;
    }
    enum status status = record(d, &round, &err);
    if (status == OK) {
        forget_recorded(d);
        return true;
    }
    store_rollback(d->store);
    LOG(trouble_level(d->deps, &err), "outcomes not recorded yet",
        KV_INT("deliveries", d->in_flight), KV_ERR(&err));
    if (!status_is_retryable(status) && status != ERR_CONFLICT) {
        /* The rows are still `sending`; after their deadline they are claimed again. */
        forget_recorded(d);
    }
    return false;
}

/* *ret_may_be_more: the claim was full. */
static bool claim_and_send(struct deliver *d, struct arena *arena, bool *ret_may_be_more)
{
    struct err err = ERR_INIT;
    struct round round = {.arena = arena};
    struct flight *flights[CLAIM_MAX];
    size_t n = 0, room = IN_FLIGHT_MAX - d->in_flight;
    enum status status = claim(d, &round, room < CLAIM_MAX ? room : CLAIM_MAX, flights, &n, &err);
    if (status != OK) {
        store_rollback(d->store);
        LOG(trouble_level(d->deps, &err), "claim rolled back", KV_ERR(&err));
        for (size_t i = 0; i < n; i++) {
            free_flight(flights[i]);
        }
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        send_out(flights[i]);
    }
    *ret_may_be_more = n == CLAIM_MAX;
    return true;
}

void flow_deliver(struct deps *deps, struct store *store)
{
    struct deliver d = {.deps = deps, .store = store};
    struct arena arena;
    d.ended_tail = &d.ended;
    arena_init(&arena);
    metric_register(&superseded_total);
    for (;;) {
        bool is_draining = atomic_load(&deps->is_draining);
        bool is_well = record_ended(&d, &arena), is_busy = false;
        arena_clear(&arena);
        if (is_draining && d.in_flight == 0) {
            break;
        }
        if (!is_draining && is_well && d.in_flight < IN_FLIGHT_MAX) {
            is_well = claim_and_send(&d, &arena, &is_busy);
            arena_clear(&arena);
        }
        is_busy |= d.ended != NULL;
        transfers_run(deps->transfers, !is_well ? AWAY_US : is_busy ? 0 : POLL_US);
    }
    arena_release(&arena);
}
