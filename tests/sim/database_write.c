/* What was decided becomes rows: one statement per table, in the adapter's order. */
#include "sim/database_copy.h"
#include "sim/sometimes.h"
#include "sim/world.h"

#include "base/time_units.h"
#include "wire/contact_text.h"

#include <string.h>

/* ---- incidents ------------------------------------------------------------------------------- */

/* What an update sets; identity and texts stay as they were inserted. */
static void set_incident(struct incident *to, const struct incident *from, int64_t now_at)
{
    struct incident was = *to;
    *to = *from;
    to->id = was.id;
    to->number = was.number;
    memcpy(to->group_key, was.group_key, GROUP_KEY_BYTES);
    to->receiver = was.receiver;
    to->group_labels = was.group_labels;
    to->title = kept(was.title, from->title);
    to->service = was.service;
    to->severity = kept(was.severity, from->severity);
    to->opened_at = was.opened_at;
    to->updated_at = now_at;
    to->plan = (struct plan){0};
    to->plan_hash = kept(was.plan_hash, from->plan_hash);
    to->config_hash = kept(was.config_hash, from->config_hash);
    to->acked_by = kept(was.acked_by, from->acked_by);
    to->resolved_by = kept(was.resolved_by, from->resolved_by);
    to->muted_by = kept(was.muted_by, from->muted_by);
    if (was.muted_by.n == 0 && from->muted_by.n > 0) {
        silencers_hurry(from->muted_by);
    }
}

/* The adapter hashes every entry into the chain that was loaded with the incident; who has not
 * locked it has an old one. Here a number will do. */
static void link_events(uint8_t chain[CHAIN_BYTES], const struct decision *d)
{
    uint64_t link;
    memcpy(chain, d->incident.chain, CHAIN_BYTES);
    memcpy(&link, chain, sizeof(link));
    for (size_t i = 0; i < d->events.n; i++) {
        link = database_chain(link, d->events.v[i].seq, d->events.v[i].kind);
    }
    memcpy(chain, &link, sizeof(link));
}

uint64_t database_chain(uint64_t before, int64_t seq, enum event_kind kind)
{
    return (before ^ ((uint64_t)seq * 31 + (uint64_t)kind)) * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static void new_incident(struct session *s, const struct decision *d, int64_t number,
                         int64_t now_at)
{
    const struct incident *from = &d->incident;
    struct incident *to = row_write(s, row_new(s, TABLE_INCIDENT));
    to->id = from->id;
    to->number = number;
    memcpy(to->group_key, from->group_key, GROUP_KEY_BYTES);
    to->receiver = world_str(from->receiver);
    to->group_labels = kept_labels(from->group_labels);
    to->title = world_str(from->title);
    to->service = world_str(from->service);
    to->severity = world_str(from->severity);
    to->opened_at = now_at;
    set_incident(to, from, now_at);
    link_events(to->chain, d);
}

/* The two unique indexes, in the order in which the server looks at them. */
enum unique { UNIQUE_ID, UNIQUE_LIVE_GROUP };

/* Do both stand in the way of each other there? */
static bool collide(const struct incident *other, const struct incident *wanted, enum unique index)
{
    bool is_same = uuid_eq(other->id, wanted->id);
    if (index == UNIQUE_ID) {
        return is_same;
    }
    return !is_same && other->state != INCIDENT_RESOLVED && wanted->state != INCIDENT_RESOLVED &&
           memcmp(other->group_key, wanted->group_key, GROUP_KEY_BYTES) == 0;
}

/* Whether an uncommitted one counts is known when its transaction ends. */
static enum status keep_unique(struct call *c, const struct incident *wanted, enum unique index,
                               struct err *err)
{
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        /* The index has entries for both versions. */
        const struct incident *before = row->now, *other = row->is_written ? row->next : NULL;
        if (!(before && collide(before, wanted, index)) &&
            !(other && collide(other, wanted, index))) {
            continue;
        }
        if (row_settle(c, row, err) != OK) {
            return err->code;
        }
        other = row_seen(c->session, row);
        if (other && collide(other, wanted, index)) {
            return call_refuse(c, ERR_CONFLICT, "23505", err);
        }
    }
    return OK;
}

static enum status write_incidents(struct call *c, const struct changes *v, struct err *err)
{
    for (size_t i = 0; i < v->n_decisions; i++) {
        const struct incident *in = &v->decisions[i]->incident;
        if (v->decisions[i]->is_new) {
            int64_t number = db.next_number++; /* taken, also when it is not used */
            if (keep_unique(c, in, UNIQUE_ID, err) != OK ||
                keep_unique(c, in, UNIQUE_LIVE_GROUP, err) != OK) {
                return err->code;
            }
            new_incident(c->session, v->decisions[i], number, v->now_at);
        }
    }
    for (size_t i = 0; i < v->n_decisions; i++) {
        const struct incident *in = &v->decisions[i]->incident;
        struct row *row = v->decisions[i]->is_new ? NULL : row_of_incident(in->id);
        if (row) {
            if (row_lock(c, row, err) != OK || keep_unique(c, in, UNIQUE_LIVE_GROUP, err) != OK) {
                return err->code;
            }
            struct incident *to = row_write(c->session, row);
            set_incident(to, in, v->now_at);
            link_events(to->chain, v->decisions[i]);
        }
    }
    return OK;
}

/* ---- alerts, timeline ------------------------------------------------------------------------ */

static enum status write_alerts(struct call *c, const struct changes *v, struct err *err)
{
    for (size_t i = 0; i < v->n_alerts; i++) {
        const struct alert_write *w = &v->alerts[i];
        struct row *row = row_of_alert(w->incident, w->alert->fingerprint);
        if (row && row_lock(c, row, err) != OK) {
            return err->code;
        }
        struct alert_row *a = row_write(c->session, row ? row : row_new(c->session, TABLE_ALERT));
        if (w->changed_seq != 0) {
            a->alert.changed_seq = w->changed_seq;
        }
        a->incident = w->incident;
        a->content_hash = w->content_hash;
        a->alert.labels = kept_labels(w->alert->labels);
        a->alert.annotations = kept_labels(w->alert->annotations);
        a->alert.status = w->alert->status;
        a->alert.starts_at = w->alert->starts_at;
        a->alert.ends_at = w->alert->ends_at;
        a->alert.generator_url = world_str(w->alert->generator_url);
        a->alert.fingerprint = w->alert->fingerprint;
    }
    return OK;
}

static enum status forget_alerts_of(struct call *c, struct uuid incident, struct err *err)
{
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = row_seen(c->session, row);
        if (!a || !uuid_eq(a->incident, incident) || a->alert.status != ALERT_FIRING) {
            continue;
        }
        if (row_lock(c, row, err) != OK) {
            return err->code;
        }
        struct alert_row *to = row_write(c->session, row);
        to->alert.status = ALERT_RESOLVED;
        to->alert.ends_at = AT_NONE;
        to->content_hash = 0;
    }
    return OK;
}

static enum status forget_alerts(struct call *c, const struct changes *v, struct err *err)
{
    for (size_t i = 0; i < v->n_decisions; i++) {
        if (v->decisions[i]->forgets_alerts &&
            forget_alerts_of(c, v->decisions[i]->incident.id, err) != OK) {
            return err->code;
        }
    }
    return OK;
}

static enum status write_events(struct call *c, const struct changes *v, struct err *err)
{
    for (size_t i = 0; i < v->n_decisions; i++) {
        const struct decision *d = v->decisions[i];
        for (size_t k = 0; k < d->events.n; k++) {
            const struct timeline_entry *entry = &d->events.v[k];
            FOR_ROWS(TABLE_EVENT, row)
            {
                const struct event_saved *e = row_seen(c->session, row);
                if (e && e->entry.seq == entry->seq && uuid_eq(e->incident, d->incident.id)) {
                    return call_refuse(c, ERR_CONFLICT, "23505", err);
                }
            }
            struct event_saved *e = row_write(c->session, row_new(c->session, TABLE_EVENT));
            *e = (struct event_saved){.incident = d->incident.id,
                                      .entry = *entry,
                                      .at = v->now_at,
                                      .cycle = d->incident.cycle,
                                      .written_us = sim_now()};
            e->entry.actor = world_str(entry->actor);
            for (size_t f = 0; f < entry->n_facts; f++) {
                e->entry.facts[f].value = world_str(entry->facts[f].value);
            }
        }
    }
    return OK;
}

/* ---- deliveries, runs ------------------------------------------------------------------------ */

static struct row *row_of_key(struct uuid incident, struct str key)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = row->is_written && row->next ? row->next : row->now;
        if (d && uuid_eq(d->d.incident, incident) && str_eq(d->d.dedupe_key, key)) {
            return row;
        }
    }
    return NULL;
}

static void new_delivery(struct session *s, struct row *row, const struct decision *d,
                         const struct intent *intent, int64_t id, int64_t now_at)
{
    const struct contact *first = &intent->to.contacts[0];
    struct delivery_row *to = row_write(s, row_for_insert(s, row, TABLE_DELIVERY));
    world_memory_begin();
    struct str rest =
        contacts_format(&world_arena, intent->to.contacts + 1, intent->to.n_contacts - 1);
    world_memory_end();
    *to = (struct delivery_row){
        .d = {.id = id,
              .incident = d->incident.id,
              .cycle = d->incident.cycle,
              .state_seq = d->incident.state_seq,
              .kind = intent->kind,
              .label = world_str(intent->to.label),
              .contact = kept_contact((struct contact){0}, *first),
              .contacts_text = rest,
              .step = intent->step,
              .round = intent->round,
              .note = world_str(intent->note),
              .dedupe_key = world_str(intent->dedupe_key),
              .ref = STR_EMPTY,
              .wanted_at = now_at + intent->delay_us - intent->late_us},
        .state = DELIVERY_READY,
        .due_at = now_at + intent->delay_us,
        .deadline_at = AT_NONE,
        .created_at = now_at,
        .sent_at = AT_NONE,
        .priority = notice_priority(intent->kind, d->incident.severity),
        .reason = STR_EMPTY,
    };
}

static enum status write_intents(struct call *c, const struct changes *v, struct err *err)
{
    for (size_t i = 0; i < v->n_decisions; i++) {
        const struct decision *d = v->decisions[i];
        for (size_t k = 0; k < d->intents.n; k++) {
            const struct intent *intent = &d->intents.v[k];
            int64_t id = db.next_delivery++; /* taken, also when it is not used */
            struct row *row = row_of_key(d->incident.id, intent->dedupe_key);
            if (row && row_settle(c, row, err) != OK) {
                return err->code;
            }
            if (!row || !row_seen(c->session, row)) {
                new_delivery(c->session, row, d, intent, id, v->now_at);
            } else {
                SOMETIMES(INTENT_REPEATED);
            }
        }
    }
    return OK;
}

static int64_t edit_pause(enum channel_kind channel)
{
    switch (channel) {
    case CHANNEL_SLACK:
    case CHANNEL_TELEGRAM:
        return 15 * US_PER_S;
    case CHANNEL_EMAIL:
        return 5 * US_PER_MIN;
    case CHANNEL_CONSOLE:
    case CHANNEL_WEBHOOK:
    case channel_kind_COUNT:
        break;
    }
    return US_PER_MIN;
}

static enum status touch(struct call *c, struct row *row, struct err *err)
{
    if (row_lock(c, row, err) != OK) {
        return err->code;
    }
    const struct delivery_row *seen = row_seen(c->session, row);
    if (seen && seen->state == DELIVERY_SENT) {
        struct delivery_row *d = row_write(c->session, row);
        int64_t at = d->sent_at + edit_pause(d->d.contact.channel), now_at = database_clock();
        d->state = DELIVERY_READY;
        d->due_at = at > now_at ? at : now_at;
        SOMETIMES(SUMMARY_TOUCHED);
    }
    return OK;
}

enum status store_storms_touch(struct store *store, struct arena *arena, const int64_t *ids,
                               size_t n, struct err *err)
{
    struct call c;
    (void)arena;
    if (n == 0) {
        return OK;
    }
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        struct row *row = row_of_delivery(ids[i]);
        const struct delivery_row *d = row ? row_seen(c.session, row) : NULL;
        if (d && d->d.kind == NOTICE_STORM && d->state == DELIVERY_SENT &&
            touch(&c, row, err) != OK) {
            return err->code;
        }
    }
    return call_end(&c, err);
}

static enum status touch_summaries_of(struct call *c, struct uuid incident, struct err *err)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *page = row_seen(c->session, row);
        if (!page || page->state != DELIVERY_COVERED || !uuid_eq(page->d.incident, incident)) {
            continue;
        }
        struct row *summary = row_of_delivery(page->covered_by);
        const struct delivery_row *d = summary ? row_seen(c->session, summary) : NULL;
        if (d && d->state == DELIVERY_SENT && d->created_at > database_clock() - 24 * US_PER_HOUR &&
            touch(c, summary, err) != OK) {
            return err->code;
        }
    }
    return OK;
}

static enum status touch_storms(struct call *c, const struct changes *v, struct err *err)
{
    for (size_t i = 0; i < v->n_decisions; i++) {
        if (decision_changes_state(v->decisions[i]) &&
            touch_summaries_of(c, v->decisions[i]->incident.id, err) != OK) {
            return err->code;
        }
    }
    return OK;
}

static struct row *row_of_run_key(struct uuid incident, struct str key)
{
    FOR_ROWS(TABLE_RUN, row)
    {
        const struct run_row *r = row->is_written && row->next ? row->next : row->now;
        if (r && uuid_eq(r->run.incident, incident) && str_eq(r->dedupe_key, key)) {
            return row;
        }
    }
    return NULL;
}

static enum status write_runs(struct call *c, const struct changes *v, struct err *err)
{
    for (size_t i = 0; i < v->n_decisions; i++) {
        const struct decision *d = v->decisions[i];
        for (size_t k = 0; k < d->runs.n; k++) {
            const struct run_intent *run = &d->runs.v[k];
            struct row *row = row_of_run_key(d->incident.id, run->dedupe_key);
            if (row && row_settle(c, row, err) != OK) {
                return err->code;
            }
            if (row && row_seen(c->session, row)) {
                continue;
            }
            struct run_row *r = row_write(c->session, row_for_insert(c->session, row, TABLE_RUN));
            *r = (struct run_row){.run = {.id = run->id,
                                          .incident = d->incident.id,
                                          .action = world_str(run->action),
                                          .actor = world_str(run->actor),
                                          .parameters = world_str(run->parameters),
                                          .state = RUN_STATE_REQUESTED,
                                          .requested_at = v->now_at,
                                          .started_at = AT_NONE,
                                          .ended_at = AT_NONE,
                                          .output = STR_EMPTY},
                                  .cycle = d->incident.cycle,
                                  .dedupe_key = world_str(run->dedupe_key),
                                  .deadline_at = AT_NONE};
            fault_at_request();
        }
    }
    return OK;
}

static enum status write_ledger(struct call *c, const struct changes *v, struct err *err)
{
    for (size_t i = 0; i < v->n_quarantined; i++) {
        struct quarantine_row *q = row_write(c->session, row_new(c->session, TABLE_QUARANTINE));
        *q = (struct quarantine_row){v->quarantined[i].intake_id,
                                     world_str(v->quarantined[i].reason)};
    }
    for (size_t i = 0; i < v->n_processed; i++) {
        struct row *row = row_of_queue(v->processed[i]);
        if (!row || !row_seen(c->session, row)) {
            continue;
        }
        if (row_lock(c, row, err) != OK) {
            return err->code;
        }
        row_delete(c->session, row);
    }
    return OK;
}

/* Those whose locks others hold are skipped. */
static void wake_merged_into(struct call *c, int64_t number, int64_t now_at)
{
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_seen(c->session, row);
        if (!in || in->merged_into != number || in->state == INCIDENT_RESOLVED) {
            continue;
        }
        if (!row_try_lock(c->session, row)) {
            SOMETIMES(MERGED_NOT_WOKEN);
            continue;
        }
        in = row_seen(c->session, row);
        if (in->merged_into == number && in->state != INCIDENT_RESOLVED) {
            struct incident *to = row_write(c->session, row);
            to->wake_at = to->wake_at == AT_NONE || to->wake_at > now_at ? now_at : to->wake_at;
        }
    }
}

static void wake_merged(struct call *c, const struct changes *v)
{
    for (size_t i = 0; i < v->n_decisions; i++) {
        const struct decision *d = v->decisions[i];
        const struct incident *in =
            decision_ends(d) ? incident_seen(c->session, d->incident.id) : NULL;
        if (in) {
            wake_merged_into(c, in->number, v->now_at);
        }
    }
}

enum status store_write(struct store *store, struct arena *arena, const struct changes *v,
                        struct err *err)
{
    struct call c;
    (void)arena;
    CHECK(store->in_tx);
    if (call_begin(&c, store, false, err) != OK || write_incidents(&c, v, err) != OK ||
        forget_alerts(&c, v, err) != OK || write_alerts(&c, v, err) != OK ||
        write_events(&c, v, err) != OK || write_intents(&c, v, err) != OK ||
        touch_storms(&c, v, err) != OK) {
        return err->code;
    }
    wake_merged(&c, v);
    if (write_runs(&c, v, err) != OK || write_ledger(&c, v, err) != OK) {
        return err->code;
    }
    return call_end(&c, err);
}
