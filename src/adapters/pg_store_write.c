/* The store's writer: what was decided for many incidents, in one statement per table. */
#include "adapters/pg_store_rows.h"
#include "formats/json_write.h"
#include "wire/alert_text.h"
#include "wire/contact_text.h"

#include <string.h>

enum { FACTS_TEXT_MAX = 16 * 1024 };

/* The timeline entries of all decisions as columns, in their order. */
struct event_arrays {
    size_t n;
    struct uuid *incident;
    int64_t *seq;
    int32_t *cycle;
    struct str *kind, *actor, *facts, *hash;
};

/* One write in progress. Each step adds one statement; the first error ends it. */
struct writing {
    struct store *store;
    struct arena *arena;
    const struct changes *changes;
    struct err *err;
    struct event_arrays events;
    uint8_t (*chains)[CHAIN_BYTES]; /* where each decision's chain ends */
};

static enum status run(const struct writing *w, const char *sql, const struct pg_param *params,
                       size_t n)
{
    return pg_exec(w->store->pg, w->arena, sql, params, n, NULL, w->err);
}

static enum status write_ledger(const struct writing *w)
{
    const struct changes *c = w->changes;
    if (c->n_quarantined > 0) {
        int64_t *ids = ARENA_ARRAY(w->arena, int64_t, c->n_quarantined);
        struct str *reasons = ARENA_ARRAY(w->arena, struct str, c->n_quarantined);
        for (size_t i = 0; i < c->n_quarantined; i++) {
            ids[i] = c->quarantined[i].intake_id;
            reasons[i] = c->quarantined[i].reason;
        }
        struct pg_param params[] = {pg_int_array(w->arena, ids, c->n_quarantined, NULL),
                                    pg_text_array(w->arena, reasons, c->n_quarantined)};
        if (run(w, "quarantine_add", params, 2) != OK) {
            return w->err->code;
        }
    }
    if (c->n_processed == 0) {
        return OK;
    }
    struct pg_param params[] = {pg_int_array(w->arena, c->processed, c->n_processed, NULL)};
    return run(w, "ledger_done", params, 1);
}

/* The incidents of a write as columns; one array per column, in one order. */
struct incident_arrays {
    size_t n;
    struct uuid *id, *held;
    struct str *key, *receiver, *labels, *title, *service, *severity, *status, *plan, *config,
        *acked_by, *resolved_by, *muted_by, *opens, *chain;
    int32_t *cycle, *step, *round;
    int64_t *seq, *state_seq, *ack_seq, *firing, *total, *wake_at, *acked_at, *resolved_at,
        *silent_at, *reminded_at, *flapping_at, *snoozed_until, *restart_seq, *merged_into;
    bool *was_reached, *is_not_held;
};

static struct incident_arrays new_arrays(struct arena *a, size_t n)
{
    struct str *text = ARENA_ARRAY(a, struct str, 14 * n);
    int32_t *small = ARENA_ARRAY(a, int32_t, 3 * n);
    int64_t *big = ARENA_ARRAY(a, int64_t, 14 * n);
    return (struct incident_arrays){
        .id = ARENA_ARRAY(a, struct uuid, n),
        .held = ARENA_ARRAY(a, struct uuid, n),
        .key = text,
        .receiver = text + n,
        .labels = text + 2 * n,
        .title = text + 3 * n,
        .service = text + 4 * n,
        .severity = text + 5 * n,
        .status = text + 6 * n,
        .plan = text + 7 * n,
        .config = text + 8 * n,
        .acked_by = text + 9 * n,
        .resolved_by = text + 10 * n,
        .muted_by = text + 11 * n,
        .opens = text + 12 * n,
        .chain = text + 13 * n,
        .cycle = small,
        .step = small + n,
        .round = small + 2 * n,
        .seq = big,
        .state_seq = big + n,
        .ack_seq = big + 2 * n,
        .firing = big + 3 * n,
        .total = big + 4 * n,
        .wake_at = big + 5 * n,
        .acked_at = big + 6 * n,
        .resolved_at = big + 7 * n,
        .silent_at = big + 8 * n,
        .reminded_at = big + 9 * n,
        .flapping_at = big + 10 * n,
        .snoozed_until = big + 11 * n,
        .restart_seq = big + 12 * n,
        .merged_into = big + 13 * n,
        .was_reached = ARENA_ARRAY(a, bool, n),
        .is_not_held = ARENA_ARRAY(a, bool, n),
    };
}

static struct str null_if_empty(struct str s)
{
    return s.n ? s : (struct str){NULL, 0};
}

static struct str opens_text(struct arena *arena, const struct incident *in)
{
    struct strbuf out;
    if (in->n_opens == 0) {
        return STR_EMPTY;
    }
    strbuf_init(&out, arena, 32 * FLAP_CYCLES_MAX);
    for (size_t i = 0; i < in->n_opens; i++) {
        strbuf_printf(&out, "%s%lld", i ? "," : "", (long long)in->opens[i]);
    }
    return strbuf_str(&out);
}

static void add_incident(struct incident_arrays *v, struct arena *arena, const struct incident *in,
                         const uint8_t chain[CHAIN_BYTES])
{
    size_t i = v->n++;
    v->id[i] = in->id;
    v->held[i] = in->held_by_run;
    v->is_not_held[i] = uuid_eq(in->held_by_run, (struct uuid){0});
    v->key[i] = (struct str){(const char *)in->group_key, GROUP_KEY_BYTES};
    v->receiver[i] = in->receiver;
    v->labels[i] = labels_format_json(arena, in->group_labels);
    v->title[i] = in->title;
    v->service[i] = in->service;
    v->severity[i] = in->severity;
    v->status[i] = str_from(incident_state_name(in->state));
    v->plan[i] = in->plan_hash;
    v->config[i] = in->config_hash;
    v->acked_by[i] = null_if_empty(in->acked_by);
    v->resolved_by[i] = null_if_empty(in->resolved_by);
    v->cycle[i] = in->cycle;
    v->step[i] = in->step;
    v->round[i] = in->round;
    v->seq[i] = in->seq;
    v->state_seq[i] = in->state_seq;
    v->ack_seq[i] = in->ack_seq;
    v->firing[i] = in->firing;
    v->total[i] = in->total;
    v->wake_at[i] = in->wake_at;
    v->acked_at[i] = in->acked_at;
    v->resolved_at[i] = in->resolved_at;
    v->silent_at[i] = in->silent_at;
    v->reminded_at[i] = in->reminded_at;
    v->muted_by[i] = in->muted_by.p ? in->muted_by : STR_EMPTY;
    v->flapping_at[i] = in->flapping_at;
    v->snoozed_until[i] = in->snoozed_until;
    v->restart_seq[i] = in->restart_seq;
    v->merged_into[i] = in->merged_into;
    v->opens[i] = opens_text(arena, in);
    v->chain[i] = (struct str){(const char *)chain, CHAIN_BYTES};
    v->was_reached[i] = in->was_reached;
}

static enum status insert_incidents(const struct writing *w, const struct incident_arrays *v)
{
    struct arena *a = w->arena;
    size_t n = v->n;
    struct pg_param params[] = {
        pg_id_array(a, v->id, n, NULL),
        pg_binary_array(a, v->key, n),
        pg_text_array(a, v->receiver, n),
        pg_text_array(a, v->labels, n),
        pg_text_array(a, v->title, n),
        pg_text_array(a, v->service, n),
        pg_text_array(a, v->severity, n),
        pg_text_array(a, v->status, n),
        pg_int4_array(a, v->cycle, n, NULL),
        pg_int_array(a, v->seq, n, NULL),
        pg_int_array(a, v->state_seq, n, NULL),
        pg_int_array(a, v->ack_seq, n, NULL),
        pg_int_array(a, v->firing, n, NULL),
        pg_int_array(a, v->total, n, NULL),
        pg_int4_array(a, v->step, n, NULL),
        pg_int4_array(a, v->round, n, NULL),
        pg_time_array(a, v->wake_at, n),
        pg_id_array(a, v->held, n, v->is_not_held),
        pg_flag_array(a, v->was_reached, n, NULL),
        pg_text_array(a, v->plan, n),
        pg_text_array(a, v->config, n),
        pg_time(w->changes->now_at),
        pg_time_array(a, v->acked_at, n),
        pg_text_array(a, v->acked_by, n),
        pg_time_array(a, v->resolved_at, n),
        pg_text_array(a, v->resolved_by, n),
        pg_time_array(a, v->silent_at, n),
        pg_time_array(a, v->reminded_at, n),
        pg_text_array(a, v->muted_by, n),
        pg_time_array(a, v->flapping_at, n),
        pg_text_array(a, v->opens, n),
        pg_binary_array(a, v->chain, n),
    };
    return n ? run(w, "incidents_insert", params, sizeof(params) / sizeof(params[0])) : OK;
}

static enum status update_incidents(const struct writing *w, const struct incident_arrays *v)
{
    struct arena *a = w->arena;
    size_t n = v->n;
    struct pg_param params[] = {
        pg_id_array(a, v->id, n, NULL),
        pg_text_array(a, v->status, n),
        pg_int4_array(a, v->cycle, n, NULL),
        pg_int_array(a, v->seq, n, NULL),
        pg_int_array(a, v->state_seq, n, NULL),
        pg_int_array(a, v->ack_seq, n, NULL),
        pg_int_array(a, v->firing, n, NULL),
        pg_int_array(a, v->total, n, NULL),
        pg_int4_array(a, v->step, n, NULL),
        pg_int4_array(a, v->round, n, NULL),
        pg_time_array(a, v->wake_at, n),
        pg_id_array(a, v->held, n, v->is_not_held),
        pg_flag_array(a, v->was_reached, n, NULL),
        pg_time(w->changes->now_at),
        pg_time_array(a, v->acked_at, n),
        pg_text_array(a, v->acked_by, n),
        pg_time_array(a, v->resolved_at, n),
        pg_text_array(a, v->resolved_by, n),
        pg_text_array(a, v->plan, n),
        pg_text_array(a, v->config, n),
        pg_time_array(a, v->silent_at, n),
        pg_time_array(a, v->reminded_at, n),
        pg_text_array(a, v->muted_by, n),
        pg_time_array(a, v->flapping_at, n),
        pg_text_array(a, v->opens, n),
        pg_binary_array(a, v->chain, n),
        pg_text_array(a, v->title, n),
        pg_text_array(a, v->severity, n),
        pg_time_array(a, v->snoozed_until, n),
        pg_int_array(a, v->restart_seq, n, NULL),
        pg_int_array(a, v->merged_into, n, NULL),
    };
    return n ? run(w, "incidents_update", params, sizeof(params) / sizeof(params[0])) : OK;
}

static enum status write_incidents(const struct writing *w)
{
    const struct changes *c = w->changes;
    struct incident_arrays fresh = new_arrays(w->arena, c->n_decisions);
    struct incident_arrays known = new_arrays(w->arena, c->n_decisions);
    for (size_t i = 0; i < c->n_decisions; i++) {
        const struct decision *d = c->decisions[i];
        add_incident(d->is_new ? &fresh : &known, w->arena, &d->incident, w->chains[i]);
    }
    enum status status = insert_incidents(w, &fresh);
    return status == OK ? update_incidents(w, &known) : status;
}

static enum status write_alerts(const struct writing *w)
{
    struct arena *a = w->arena;
    const struct alert_write *v = w->changes->alerts;
    size_t n = w->changes->n_alerts;
    struct uuid *incident = ARENA_ARRAY(a, struct uuid, n);
    int64_t *big = ARENA_ARRAY(a, int64_t, 5 * n);
    struct str *text = ARENA_ARRAY(a, struct str, 5 * n);
    for (size_t i = 0; i < n; i++) {
        incident[i] = v[i].incident;
        big[i] = (int64_t)v[i].alert->fingerprint;
        big[n + i] = v[i].alert->starts_at;
        big[2 * n + i] = v[i].alert->ends_at;
        big[3 * n + i] = (int64_t)v[i].content_hash;
        big[4 * n + i] = v[i].changed_seq;
        text[i] = str_from(alert_status_name(v[i].alert->status));
        text[n + i] = v[i].labels_text;
        text[2 * n + i] = v[i].annotations_text;
        text[3 * n + i] = v[i].alert->generator_url.p ? v[i].alert->generator_url : STR_EMPTY;
        text[4 * n + i] = v[i].source;
    }
    struct pg_param params[] = {
        pg_id_array(a, incident, n, NULL), pg_int_array(a, big, n, NULL),
        pg_text_array(a, text, n),         pg_time_array(a, big + n, n),
        pg_time_array(a, big + 2 * n, n),  pg_int_array(a, big + 3 * n, n, NULL),
        pg_text_array(a, text + n, n),     pg_text_array(a, text + 2 * n, n),
        pg_text_array(a, text + 3 * n, n), pg_text_array(a, text + 4 * n, n),
        pg_time(w->changes->now_at),       pg_int_array(a, big + 4 * n, n, NULL),
    };
    return n ? run(w, "alerts_write", params, sizeof(params) / sizeof(params[0])) : OK;
}

static enum status forget_alerts(const struct writing *w)
{
    const struct changes *c = w->changes;
    struct uuid *ids = ARENA_ARRAY(w->arena, struct uuid, c->n_decisions);
    size_t n = 0;
    for (size_t i = 0; i < c->n_decisions; i++) {
        if (c->decisions[i]->forgets_alerts) {
            ids[n++] = c->decisions[i]->incident.id;
        }
    }
    struct pg_param params[] = {pg_id_array(w->arena, ids, n, NULL), pg_time(c->now_at)};
    return n > 0 ? run(w, "alerts_forget", params, 2) : OK;
}

static struct str facts_text(struct arena *arena, const struct timeline_entry *entry)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, arena, FACTS_TEXT_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
    for (size_t i = 0; i < entry->n_facts; i++) {
        json_put_str(&json, entry->facts[i].name, str_clip_utf8(entry->facts[i].value, 2000));
    }
    json_end_object(&json);
    json_end(&json);
    return strbuf_str(&out);
}

/* Links a decision's entries into the incident's chain. The incident's row is locked, so the hash
 * that was loaded with it is still the newest. */
static void link_events(struct writing *w, const struct decision *d, uint8_t chain[CHAIN_BYTES])
{
    struct event_arrays *v = &w->events;
    memcpy(chain, d->incident.chain, CHAIN_BYTES);
    for (size_t k = 0; k < d->events.n; k++, v->n++) {
        const struct timeline_entry *entry = &d->events.v[k];
        size_t at = v->n;
        v->incident[at] = d->incident.id;
        v->seq[at] = entry->seq;
        v->cycle[at] = d->incident.cycle;
        v->kind[at] = str_from(event_kind_name(entry->kind));
        v->actor[at] = entry->actor;
        v->facts[at] = facts_text(w->arena, entry);
        struct chain_entry link = {.incident = d->incident.id,
                                   .seq = entry->seq,
                                   .at = w->changes->now_at,
                                   .cycle = d->incident.cycle,
                                   .kind = v->kind[at],
                                   .actor = v->actor[at],
                                   .facts = v->facts[at]};
        chain_add(chain, &link);
        v->hash[at] = (struct str){arena_dup(w->arena, chain, CHAIN_BYTES), CHAIN_BYTES};
    }
}

static void prepare_events(struct writing *w)
{
    const struct changes *c = w->changes;
    size_t n = 0;
    for (size_t i = 0; i < c->n_decisions; i++) {
        n += c->decisions[i]->events.n;
    }
    struct str *text = ARENA_ARRAY(w->arena, struct str, 4 * n);
    w->events = (struct event_arrays){.incident = ARENA_ARRAY(w->arena, struct uuid, n),
                                      .seq = ARENA_ARRAY(w->arena, int64_t, n),
                                      .cycle = ARENA_ARRAY(w->arena, int32_t, n),
                                      .kind = text,
                                      .actor = text + n,
                                      .facts = text + 2 * n,
                                      .hash = text + 3 * n};
    w->chains = arena_array(w->arena, c->n_decisions, sizeof(*w->chains));
    for (size_t i = 0; i < c->n_decisions; i++) {
        link_events(w, c->decisions[i], w->chains[i]);
    }
}

static enum status write_events(const struct writing *w)
{
    struct arena *a = w->arena;
    const struct event_arrays *v = &w->events;
    size_t n = v->n;
    struct pg_param params[] = {
        pg_id_array(a, v->incident, n, NULL), pg_int_array(a, v->seq, n, NULL),
        pg_int4_array(a, v->cycle, n, NULL),  pg_text_array(a, v->kind, n),
        pg_text_array(a, v->actor, n),        pg_text_array(a, v->facts, n),
        pg_time(w->changes->now_at),          pg_binary_array(a, v->hash, n),
    };
    return n ? run(w, "events_add", params, sizeof(params) / sizeof(params[0])) : OK;
}

static enum status write_intents(const struct writing *w)
{
    struct arena *a = w->arena;
    const struct changes *c = w->changes;
    size_t n = 0, at = 0;
    for (size_t i = 0; i < c->n_decisions; i++) {
        n += c->decisions[i]->intents.n;
    }
    struct uuid *incident = ARENA_ARRAY(a, struct uuid, n);
    int64_t *state_seq = ARENA_ARRAY(a, int64_t, n), *delay = ARENA_ARRAY(a, int64_t, n);
    int64_t *late = ARENA_ARRAY(a, int64_t, n);
    int32_t *small = ARENA_ARRAY(a, int32_t, 4 * n);
    struct str *text = ARENA_ARRAY(a, struct str, 9 * n);
    for (size_t i = 0; i < c->n_decisions; i++) {
        const struct decision *d = c->decisions[i];
        for (size_t k = 0; k < d->intents.n; k++, at++) {
            const struct intent *intent = &d->intents.v[k];
            const struct contact *first = &intent->to.contacts[0];
            incident[at] = d->incident.id;
            state_seq[at] = d->incident.state_seq;
            delay[at] = intent->delay_us;
            late[at] = intent->late_us;
            small[at] = d->incident.cycle;
            small[n + at] = intent->step;
            small[2 * n + at] = intent->round;
            small[3 * n + at] = notice_priority(intent->kind, d->incident.severity);
            text[at] = str_from(notice_kind_name(intent->kind));
            text[n + at] = intent->dedupe_key;
            text[2 * n + at] = intent->to.label;
            text[3 * n + at] = str_from(channel_kind_name(first->channel));
            text[4 * n + at] = first->address.p ? first->address : STR_EMPTY;
            text[5 * n + at] = first->user.p ? first->user : STR_EMPTY;
            text[6 * n + at] = first->language.p ? first->language : STR_EMPTY;
            text[7 * n + at] =
                contacts_format(a, intent->to.contacts + 1, intent->to.n_contacts - 1);
            text[8 * n + at] = intent->note.p ? intent->note : STR_EMPTY;
        }
    }
    struct pg_param params[] = {
        pg_id_array(a, incident, n, NULL),
        pg_int4_array(a, small, n, NULL),
        pg_int_array(a, state_seq, n, NULL),
        pg_text_array(a, text, n),
        pg_text_array(a, text + n, n),
        pg_text_array(a, text + 2 * n, n),
        pg_text_array(a, text + 3 * n, n),
        pg_text_array(a, text + 4 * n, n),
        pg_text_array(a, text + 5 * n, n),
        pg_text_array(a, text + 6 * n, n),
        pg_text_array(a, text + 7 * n, n),
        pg_int4_array(a, small + n, n, NULL),
        pg_int4_array(a, small + 2 * n, n, NULL),
        pg_text_array(a, text + 8 * n, n),
        pg_time(c->now_at),
        pg_int4_array(a, small + 3 * n, n, NULL),
        pg_int_array(a, delay, n, NULL),
        pg_int_array(a, late, n, NULL),
    };
    return n ? run(w, "deliveries_add", params, sizeof(params) / sizeof(params[0])) : OK;
}

static enum status write_runs(const struct writing *w)
{
    struct arena *a = w->arena;
    const struct changes *c = w->changes;
    size_t n = 0, at = 0;
    for (size_t i = 0; i < c->n_decisions; i++) {
        n += c->decisions[i]->runs.n;
    }
    struct uuid *id = ARENA_ARRAY(a, struct uuid, n), *incident = ARENA_ARRAY(a, struct uuid, n);
    int32_t *cycle = ARENA_ARRAY(a, int32_t, n);
    struct str *text = ARENA_ARRAY(a, struct str, 4 * n);
    for (size_t i = 0; i < c->n_decisions; i++) {
        const struct decision *d = c->decisions[i];
        for (size_t k = 0; k < d->runs.n; k++, at++) {
            id[at] = d->runs.v[k].id;
            incident[at] = d->incident.id;
            cycle[at] = d->incident.cycle;
            text[at] = d->runs.v[k].dedupe_key;
            text[n + at] = d->runs.v[k].action;
            text[2 * n + at] = d->runs.v[k].actor;
            text[3 * n + at] = d->runs.v[k].parameters;
        }
    }
    struct pg_param params[] = {
        pg_id_array(a, id, n, NULL),       pg_id_array(a, incident, n, NULL),
        pg_int4_array(a, cycle, n, NULL),  pg_text_array(a, text, n),
        pg_text_array(a, text + n, n),     pg_text_array(a, text + 2 * n, n),
        pg_text_array(a, text + 3 * n, n), pg_time(c->now_at),
    };
    return n ? run(w, "runs_add", params, sizeof(params) / sizeof(params[0])) : OK;
}

/* Summaries that name an incident whose status changes have to be edited. */
static enum status touch_storms(const struct writing *w)
{
    const struct changes *c = w->changes;
    struct uuid *ids = ARENA_ARRAY(w->arena, struct uuid, c->n_decisions);
    size_t n = 0;
    for (size_t i = 0; i < c->n_decisions; i++) {
        if (decision_changes_state(c->decisions[i])) {
            ids[n++] = c->decisions[i]->incident.id;
        }
    }
    struct pg_param params[] = {pg_id_array(w->arena, ids, n, NULL)};
    return n > 0 ? run(w, "storms_touch_incidents", params, 1) : OK;
}

/* Those that are handled with an incident that ends here have to be handled otherwise. */
static enum status wake_merged(const struct writing *w)
{
    const struct changes *c = w->changes;
    struct uuid *ids = ARENA_ARRAY(w->arena, struct uuid, c->n_decisions);
    size_t n = 0;
    for (size_t i = 0; i < c->n_decisions; i++) {
        if (decision_ends(c->decisions[i])) {
            ids[n++] = c->decisions[i]->incident.id;
        }
    }
    struct pg_param params[] = {pg_id_array(w->arena, ids, n, NULL), pg_time(c->now_at)};
    return n > 0 ? run(w, "incidents_wake_merged", params, 2) : OK;
}

enum status store_write(struct store *store, struct arena *arena, const struct changes *changes,
                        struct err *err)
{
    struct writing w = {.store = store, .arena = arena, .changes = changes, .err = err};
    prepare_events(&w);
    if (write_incidents(&w) != OK || forget_alerts(&w) != OK || write_alerts(&w) != OK ||
        write_events(&w) != OK || write_intents(&w) != OK || touch_storms(&w) != OK ||
        wake_merged(&w) != OK || write_runs(&w) != OK || write_ledger(&w) != OK) {
        return err->code;
    }
    return OK;
}
