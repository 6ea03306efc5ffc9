/* deliver — due outbox rows go to their channel; what happened is recorded.
 *
 *   1 claim    due rows and their incidents, locked; unwanted ones become `superseded`
 *   2 mark     the rest becomes `sending` with the next fence, and takes the next seq of its
 *              incident as an `attempt`: so none is ordered after an acknowledgement. Commit
 *   3 build    facts → message → the channel's request
 *   4 send     on this thread's loop
 *   5 classify OK / TEMP(hint) / PERM / UNKNOWN
 *   6 record   outcomes in batches: sent, tried again later, next contact, or failed. Commit
 *   7 release  what a summary named that was given up (deliver_release)
 *
 * A row whose sender vanished is due again after its deadline and may arrive twice; the message
 * says so. An outcome that cannot be recorded is kept and tried again; if we die first, that is the
 * case before. */
#include "base/entropy.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "channels/channel.h"
#include "flows/briefing.h"
#include "flows/deliver_release.h"
#include "flows/deliver_round.h"
#include "flows/flows.h"
#include "flows/gates.h"
#include "flows/template_trouble.h"
#include "flows/trouble.h"

#include <string.h>

enum { CLAIM_MAX = 50, IN_FLIGHT_MAX = 50, MOVE_ON_AFTER = 3 }; /* the first two: per channel */
enum { FLIGHTS_MAX = CLAIM_MAX * channel_kind_COUNT };
#define WAIT_OR_MOVE_ON_US (10 * US_PER_S)
#define AWAIT_NEWER_US (5 * US_PER_S)
#define SEND_US (8 * US_PER_S)
#define SEND_MARGIN_US (2 * US_PER_S)
#define LEAST_SEND_US US_PER_S
#define POLL_US (200 * US_PER_MS)
#define AWAY_US (300 * US_PER_MS)

static struct metric sends_total =
    METRIC_COUNTER("alertify_sends_total", "Send attempts by outcome.", "channel", "outcome");
static struct metric send_seconds = METRIC_HISTOGRAM(
    "alertify_send_seconds", "Time of one send attempt.", metric_latency_buckets, "channel");
static struct metric storms_total =
    METRIC_COUNTER("alertify_storms_total", "Summaries begun instead of single pages.", "channel");
static struct metric covered_total = METRIC_COUNTER(
    "alertify_pages_covered_total", "Pages that a summary names instead.", "channel");

/* One delivery being sent. Owns its arena; ends in record(). */
struct flight {
    struct deliver *deliver;
    struct flight *next;        /* among those whose outcome waits to be recorded */
    struct flight *next_flying; /* among all */
    uint64_t gate;
    bool was_probe;
    struct arena arena;
    const struct snapshot *snapshot;
    struct delivery delivery; /* as marked: fence and attempts are the new ones */
    struct message message;
    struct str complaint; /* about a template */
    struct outcome outcome;
    int64_t started_us;
    int64_t ours_until_us; /* monotonic: later somebody else may be sending it */
};

struct deliver {
    struct deps *deps;
    struct store *store;
    struct flight *ended; /* outcome known, not recorded */
    struct flight **ended_tail;
    struct flight *flying;                /* made and not freed */
    size_t in_flight[channel_kind_COUNT]; /* submitted or ended, not recorded */
    struct release release;
};

/* ---- 1 claim, 2 mark --------------------------------------------------------------------------
 */

/* A receiver may keep quiet there about the end; the answer is that of the configuration in force.
 */
static bool is_told_of(const struct settings *settings, const struct incident *incident,
                       const struct contact *contact)
{
    return incident->state != INCIDENT_RESOLVED ||
           !settings_spares_end(settings, incident->receiver, contact);
}

static void supersede(struct deliver *d, struct round *r, const struct delivery *delivery,
                      struct str reason)
{
    const struct snapshot *snapshot = configuration_ref(d->deps->configuration);
    struct decision *decision = round_decision(r, delivery->incident);
    round_supersede(r, delivery, reason);
    /* It may have arrived before its sender died: then they have to hear the end of it, too. */
    if (delivery->kind == NOTICE_PAGE && delivery->may_be_repeated &&
        delivery->cycle == decision->incident.cycle &&
        is_told_of(snapshot->settings, &decision->incident, &delivery->contact)) {
        struct told *told = ARENA_NEW(r->arena, struct told);
        *told = (struct told){.contact = delivery->contact, .label = delivery->label};
        decision_catch_up(decision, told);
    }
    configuration_unref(snapshot);
}

static void mark_sending(struct round *r, struct delivery *delivery)
{
    delivery->attempts++;
    if (delivery->kind != NOTICE_UPDATE) { /* edits that follow the alerts say nothing new here */
        struct timeline_entry *entry = round_note(r, delivery, EVENT_ATTEMPT);
        entry_fact(entry, "attempt", str_printf(r->arena, "%u", delivery->attempts));
        entry_fact(entry, "delivery", str_printf(r->arena, "%lld", (long long)delivery->id));
    }
    struct delivery_write write = delivery_write_of(delivery, DELIVERY_SENDING);
    write.deadline_at = r->now_at + SEND_US + SEND_MARGIN_US;
    VEC_PUSH(r->arena, &r->writes, write);
    delivery->fence++;
}

static struct delivery copy_delivery(struct arena *a, const struct delivery *from)
{
    struct delivery d = *from;
    d.label = str_dup(a, from->label);
    d.note = str_dup(a, from->note);
    d.contacts_text = str_dup(a, from->contacts_text);
    d.dedupe_key = str_dup(a, from->dedupe_key);
    d.ref = str_dup(a, from->ref);
    d.contact.address = str_dup(a, from->contact.address);
    d.contact.user = str_dup(a, from->contact.user);
    d.contact.language = str_dup(a, from->contact.language);
    return d;
}

static struct flight *new_flight(struct deliver *d, const struct delivery *delivery)
{
    struct flight *flight = HEAP_NEW(struct flight);
    arena_init(&flight->arena);
    flight->deliver = d;
    flight->snapshot = configuration_ref(d->deps->configuration);
    flight->delivery = copy_delivery(&flight->arena, delivery);
    flight->gate = gate_of(&delivery->contact);
    flight->next_flying = d->flying;
    d->flying = flight;
    return flight;
}

static void free_flight(struct flight *flight)
{
    struct flight **at = &flight->deliver->flying;
    while (*at != flight) {
        at = &(*at)->next_flying;
    }
    *at = flight->next_flying;
    configuration_unref(flight->snapshot);
    arena_release(&flight->arena);
    heap_free(flight);
}

/* ---- what does not go out ------------------------------------------------------------------ */

static const struct storm_policy *storm_policy_of(const struct settings *settings,
                                                  const struct incident *incident)
{
    static const struct storm_policy usual = STORM_POLICY_DEFAULT;
    const struct receiver *receiver = settings_receiver(settings, incident->receiver);
    return receiver ? &receiver->storm : &usual;
}

static unsigned flying_through(const struct deliver *d, uint64_t gate)
{
    unsigned n = 0;
    for (const struct flight *f = d->flying; f; f = f->next_flying) {
        n += f->gate == gate;
    }
    return n;
}

/* Later; or by the next way of this person, if a page would have to wait for long. */
static void hold_back(struct round *r, const struct delivery *delivery,
                      const struct passage_verdict *verdict)
{
    struct delivery_write write = delivery_write_of(delivery, DELIVERY_READY);
    if (verdict->until_at == AT_NONE) {
        return;
    }
    bool is_long = verdict->until_at - r->now_at > WAIT_OR_MOVE_ON_US;
    write.due_at = verdict->until_at;
    if (is_long && delivery->kind == NOTICE_PAGE &&
        delivery_next_contact(r->arena, delivery, &write)) {
        write.due_at = r->now_at;
    }
    if (verdict->why.n > 0) {
        struct timeline_entry *entry = round_note(r, delivery, EVENT_DELIVERY_HELD);
        entry_fact(entry, "reason", verdict->why);
        if (write.due_at == r->now_at) {
            entry_fact(entry, "next", str_from(channel_kind_name(write.contact.channel)));
        }
    }
    VEC_PUSH(r->arena, &r->writes, write);
}

/* It may have arrived, so it is not dropped before they have a newer one; and not sent again
 * behind that. */
static void await_newer(struct round *r, const struct delivery *delivery)
{
    struct delivery_write write = delivery_write_of(delivery, DELIVERY_READY);
    write.due_at = r->now_at + AWAIT_NEWER_US;
    VEC_PUSH(r->arena, &r->writes, write);
}

static enum status cover(struct deliver *d, struct round *r, const struct delivery *delivery,
                         struct destination *destination, struct err *err)
{
    if (destination->summary == 0) {
        if (store_storm_open(d->store, r->arena, delivery, r->now_at, &destination->summary, err) !=
            OK) {
            return err->code;
        }
        metric_add(&storms_total, 1, str_from(channel_kind_name(delivery->contact.channel)));
    }
    struct delivery_write write = delivery_write_of(delivery, DELIVERY_COVERED);
    struct timeline_entry *entry = round_note(r, delivery, EVENT_DELIVERY_COVERED);
    write.covered_by = destination->summary;
    entry_fact(entry, "summary", str_printf(r->arena, "%lld", (long long)destination->summary));
    VEC_PUSH(r->arena, &r->writes, write);
    VEC_PUSH(r->arena, &r->touched, destination->summary);
    metric_add(&covered_total, 1, str_from(channel_kind_name(delivery->contact.channel)));
    return OK;
}

/* ---- 1 claim, 2 mark ----------------------------------------------------------------------- */

struct claim {
    struct deliver *deliver;
    struct round *round;
    struct gates gates;
    const struct snapshot *snapshot;
    struct told_row *told;
    size_t n_told;
    struct flight **flights;
    size_t n_flights;
    int64_t started_us; /* monotonic, before the deadlines were written */
};

static enum status prepare_flight(struct claim *c, struct delivery *delivery, bool is_probe,
                                  struct err *err)
{
    struct deliver *d = c->deliver;
    mark_sending(c->round, delivery);
    struct flight *flight = c->flights[c->n_flights++] = new_flight(d, delivery);
    flight->was_probe = is_probe;
    flight->ours_until_us = c->started_us + SEND_US + SEND_MARGIN_US - LEAST_SEND_US;
    const struct briefing briefing = {
        .deps = d->deps,
        .store = d->store,
        .snapshot = flight->snapshot,
        .delivery = &flight->delivery,
        .incident = &round_decision(c->round, delivery->incident)->incident,
        .told = c->told,
        .n_told = c->n_told,
        .now_at = c->round->now_at,
    };
    return briefing_make(&briefing, &flight->arena, &flight->message, err);
}

static bool can_be_edited(const struct claim *c, const struct delivery *delivery)
{
    for (size_t i = 0; i < c->n_told; i++) {
        if (uuid_eq(c->told[i].incident, delivery->incident) && c->told[i].ref.n > 0 &&
            c->told[i].told.contact.channel == delivery->contact.channel &&
            str_eq(c->told[i].told.contact.address, delivery->contact.address)) {
            return true;
        }
    }
    return false;
}

static enum status take(struct claim *c, struct delivery *delivery, struct err *err)
{
    const struct incident *incident = &round_decision(c->round, delivery->incident)->incident;
    if (!notice_is_wanted(incident, delivery->kind, delivery->cycle, delivery->state_seq)) {
        supersede(c->deliver, c->round, delivery, round_why_unwanted(c->round, incident));
        return OK;
    }
    if (delivery->kind == NOTICE_UPDATE && !can_be_edited(c, delivery)) {
        supersede(c->deliver, c->round, delivery, STR("nothing to edit"));
        return OK;
    }
    if (delivery->is_replaced || (delivery->is_outrun && !delivery->may_be_repeated)) {
        supersede(c->deliver, c->round, delivery, STR("a newer page"));
        return OK;
    }
    if (delivery->is_outrun) {
        await_newer(c->round, delivery);
        return OK;
    }
    const struct passenger passenger = {
        .delivery = delivery,
        .storm = storm_policy_of(c->snapshot->settings, incident),
        .severity = incident->severity,
        .in_flight = flying_through(c->deliver, gate_of(&delivery->contact)),
    };
    struct passage_verdict verdict = gates_pass(&c->gates, &passenger);
    switch (verdict.passage) {
    case PASSAGE_SEND:
        return prepare_flight(c, delivery, verdict.is_probe, err);
    case PASSAGE_HOLD:
        hold_back(c->round, delivery, &verdict);
        return OK;
    case PASSAGE_COVER:
        return cover(c->deliver, c->round, delivery, verdict.destination, err);
    }
    UNREACHABLE("passage");
}

/* Everything about what is due, in one transaction. */
static enum status take_all(struct claim *c, struct delivery *due, size_t n, struct err *err)
{
    struct deliver *d = c->deliver;
    struct round *r = c->round;
    size_t written;
    struct uuid *ids = ARENA_ARRAY(r->arena, struct uuid, n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = due[i].incident;
    }
    gates_init(&c->gates, d->store, r->arena, r->now_at);
    if (gates_load(&c->gates, due, n, err) != OK || round_lock(r, d->store, ids, n, err) != OK ||
        store_pages_outrun(d->store, r->arena, due, n, err) != OK ||
        store_told(d->store, r->arena, ids, n, &c->told, &c->n_told, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        if (take(c, &due[i], err) != OK) {
            return err->code;
        }
    }
    if (gates_write(&c->gates, err) != OK) {
        return err->code;
    }
    if (round_write(r, d->store, &written, err) != OK ||
        store_storms_touch(d->store, r->arena, r->touched.v, r->touched.n, err) != OK) {
        return err->code;
    }
    return store_commit(d->store, err);
}

/* How many more of each channel may be sent: a channel that is slow takes no other's room. */
static bool find_room(const struct deliver *d, size_t room[channel_kind_COUNT])
{
    bool has_room = false;
    for (int c = 0; c < channel_kind_COUNT; c++) {
        size_t left = d->in_flight[c] < IN_FLIGHT_MAX ? IN_FLIGHT_MAX - d->in_flight[c] : 0;
        room[c] = left < CLAIM_MAX ? left : CLAIM_MAX;
        has_room |= left > 0;
    }
    return has_room;
}

/* Fills flights with what is to be sent once the claim is committed. *ret_n: what was due. */
static enum status claim(struct claim *c, size_t *ret_n, struct err *err)
{
    struct deliver *d = c->deliver;
    struct round *r = c->round;
    struct delivery *due;
    size_t room[channel_kind_COUNT];
    if (!find_room(d, room)) {
        return OK;
    }
    if (store_begin(d->store, &r->now_at, err) != OK ||
        store_deliveries_due(d->store, r->arena, room, &due, ret_n, err) != OK) {
        return err->code;
    }
    if (*ret_n == 0) {
        store_rollback(d->store);
        return OK;
    }
    return take_all(c, due, *ret_n, err);
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

/* A send ends before its row is due again for others, also when the commit of the claim was slow.
 */
static int64_t time_left(const struct flight *flight)
{
    int64_t left_us = flight->ours_until_us - flight->started_us;
    return left_us < SEND_US ? left_us : SEND_US;
}

/* We stood still between the claim and now (a slow commit, a paused machine): too late to begin. */
static bool is_too_late(struct flight *flight)
{
    if (time_left(flight) >= LEAST_SEND_US) {
        return false;
    }
    flight->outcome = (struct outcome){.kind = OUTCOME_TEMP,
                                       .scope = SCOPE_DESTINATION,
                                       .ref = STR_EMPTY,
                                       .moved_to = STR_EMPTY,
                                       .reason = STR("not sent: this replica stood still")};
    end_flight(flight);
    return true;
}

static void send_out(struct flight *flight)
{
    struct deliver *d = flight->deliver;
    const struct channel *channel = channel_of(flight->delivery.contact.channel);
    struct channel_settings settings;
    struct transfer_request request = {0};
    struct err err = ERR_INIT;
    enum status status = OK;
    d->in_flight[flight->delivery.contact.channel]++;
    flight->started_us = monotonic_us();
    if (is_too_late(flight)) {
        return;
    }
    if (!settings_for_contact(&flight->snapshot->settings->channels, &flight->delivery.contact,
                              &settings, &flight->message.to.address)) {
        status = err_set(&err, ERR_INVALID, "this account of the channel is not configured");
    }
    if (status == OK) {
        struct speech speech;
        speech_init(&speech, settings.templates, &flight->message, &flight->arena);
        status = channel->build(&settings, &speech, flight->delivery.is_plain, &request, &err);
        flight->complaint = speech.complaint;
        template_trouble_note(d->deps, speech.complaint, flight->delivery.id);
    }
    if (status == OK) {
        request.timeout_us = time_left(flight);
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

static void record_sent(struct round *r, struct flight *flight, struct delivery_write *write)
{
    const struct delivery *delivery = &flight->delivery;
    struct decision *decision = round_decision(r, delivery->incident);
    struct told *told = ARENA_NEW(r->arena, struct told);
    *told = (struct told){.contact = delivery->contact, .label = delivery->label};
    write->state = DELIVERY_SENT;
    if (delivery->kind != NOTICE_UPDATE) {
        struct timeline_entry *entry = round_note(r, delivery, EVENT_DELIVERED);
        if (flight->complaint.n > 0) {
            entry_fact(entry, "template", str_dup(r->arena, flight->complaint));
        }
    }
    if (delivery->kind == NOTICE_STORM) {
        write->ref = flight->outcome.ref;
        write->attempts = 0; /* its next edition has as many */
        return;
    }
    if (delivery->cycle != decision->incident.cycle) {
        return;
    }
    struct conversation_write conversation = {.incident = delivery->incident,
                                              .cycle = delivery->cycle,
                                              .contact = delivery->contact,
                                              .label = delivery->label,
                                              .ref = flight->outcome.ref,
                                              .told_seq = flight->message.seq};
    if (delivery->kind != NOTICE_NOTE && delivery->kind != NOTICE_REMINDER) {
        VEC_PUSH(r->arena, &r->conversations, conversation);
    }
    if (delivery->kind == NOTICE_PAGE &&
        is_told_of(flight->snapshot->settings, &decision->incident, &delivery->contact)) {
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
    } else if (moves_on && delivery_next_contact(&flight->arena, delivery, write)) {
        write->due_at = r->now_at;
    } else if (retry_at != RETRY_NEVER) {
        write->due_at = retry_at;
    } else {
        write->state = DELIVERY_FAILED;
    }
    struct timeline_entry *entry = round_note(
        r, delivery,
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

/* An earlier copy may have arrived: that this attempt surely did not does not change it, and the
 * next copy there has to say so. */
static void keep_doubt(const struct delivery *delivery, struct delivery_write *write)
{
    bool is_same = write->contact.channel == delivery->contact.channel &&
                   str_eq(write->contact.address, delivery->contact.address);
    if (write->state == DELIVERY_READY && delivery->may_be_repeated && is_same) {
        write->outcome = OUTCOME_UNKNOWN;
    }
}

/* What the outcomes say of their destinations. */
static enum status note_gates(struct deliver *d, struct round *r, struct err *err)
{
    struct gates gates;
    VEC(struct delivery) deliveries = {0};
    for (struct flight *f = d->ended; f; f = f->next) {
        if (gates_concern(&f->outcome, f->was_probe)) {
            VEC_PUSH(r->arena, &deliveries, f->delivery);
        }
    }
    if (deliveries.n == 0) {
        return OK;
    }
    gates_init(&gates, d->store, r->arena, r->now_at);
    if (gates_load(&gates, deliveries.v, deliveries.n, err) != OK) {
        return err->code;
    }
    for (struct flight *f = d->ended; f; f = f->next) {
        if (gates_concern(&f->outcome, f->was_probe)) {
            gates_note(&gates, &f->delivery.contact, &f->outcome);
        }
    }
    return gates_write(&gates, err);
}

/* A summary that grew while it was on its way has to be edited at once. */
static enum status touch_stale_summaries(struct deliver *d, struct round *r, struct err *err)
{
    VEC(int64_t) stale = {0};
    for (struct flight *f = d->ended; f; f = f->next) {
        struct storm_view now;
        if (f->delivery.kind != NOTICE_STORM || f->outcome.kind != OUTCOME_OK) {
            continue;
        }
        if (store_storm_view(d->store, r->arena, f->delivery.id, &now, err) != OK) {
            return err->code;
        }
        const struct storm_view *then = &f->message.storm;
        if (now.total != then->total || now.open != then->open ||
            now.acknowledged != then->acknowledged) {
            VEC_PUSH(r->arena, &stale, f->delivery.id);
        }
    }
    return store_storms_touch(d->store, r->arena, stale.v, stale.n, err);
}

static enum status record(struct deliver *d, struct round *r, struct err *err)
{
    VEC(struct uuid) ids = {0};
    size_t written;
    bool has_lost_summary = false;
    for (struct flight *f = d->ended; f; f = f->next) {
        VEC_PUSH(r->arena, &ids, f->delivery.incident);
    }
    if (store_begin(d->store, &r->now_at, err) != OK || note_gates(d, r, err) != OK ||
        round_lock(r, d->store, ids.v, ids.n, err) != OK) {
        return err->code;
    }
    for (struct flight *f = d->ended; f; f = f->next) {
        struct delivery_write write = delivery_write_of(&f->delivery, DELIVERY_SENT);
        write.has_outcome = true;
        write.outcome = f->outcome.kind;
        write.reason = f->outcome.reason;
        if (f->outcome.kind == OUTCOME_OK) {
            record_sent(r, f, &write);
        } else {
            record_failure(r, f, &write);
            keep_doubt(&f->delivery, &write);
        }
        has_lost_summary |= f->delivery.kind == NOTICE_STORM && write.state == DELIVERY_FAILED;
        VEC_PUSH(r->arena, &r->writes, write);
    }
    if (round_write(r, d->store, &written, err) != OK || touch_stale_summaries(d, r, err) != OK ||
        store_commit(d->store, err) != OK) {
        return err->code;
    }
    if (has_lost_summary) {
        release_soon(&d->release);
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
        d->in_flight[flight->delivery.contact.channel]--;
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
    LOG(trouble_level(d->deps, &err), "outcomes not recorded yet", KV_ERR(&err));
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
    struct flight *flights[FLIGHTS_MAX];
    struct claim c = {
        .deliver = d, .round = &round, .flights = flights, .started_us = monotonic_us()};
    size_t n = 0;
    c.snapshot = configuration_ref(d->deps->configuration);
    enum status status = claim(&c, &n, &err);
    configuration_unref(c.snapshot);
    if (status != OK) {
        store_rollback(d->store);
        LOG(trouble_level(d->deps, &err), "claim rolled back", KV_ERR(&err));
        for (size_t i = 0; i < c.n_flights; i++) {
            free_flight(flights[i]);
        }
        return false;
    }
    for (size_t i = 0; i < c.n_flights; i++) {
        send_out(flights[i]);
    }
    *ret_may_be_more = n >= CLAIM_MAX && c.n_flights + round.writes.n > 0;
    return true;
}

void flow_deliver(struct deps *deps, struct store *store)
{
    struct deliver d = {.deps = deps, .store = store};
    struct arena arena;
    d.ended_tail = &d.ended;
    arena_init(&arena);
    round_register();
    template_trouble_register();
    for (;;) {
        bool may_work = deps_may_work(deps);
        bool is_well = record_ended(&d, &arena), is_busy = false;
        arena_clear(&arena);
        if (!may_work && !d.flying) {
            break;
        }
        if (may_work && is_well) {
            is_busy = release_pages(&d.release, deps, store, &arena);
            arena_clear(&arena);
            bool is_full = false;
            is_well = claim_and_send(&d, &arena, &is_full);
            is_busy |= is_full;
            arena_clear(&arena);
        }
        is_busy |= d.ended != NULL;
        transfers_run(deps->transfers, !is_well ? AWAY_US : is_busy ? 0 : POLL_US);
    }
    arena_release(&arena);
}
