/* The fake store: writing what was decided. */
#include "fake_store.h"
#include "wire/contact_text.h"

#include <string.h>

struct incident *fake_incident(struct fake_database *db, struct uuid id)
{
    for (size_t i = 0; i < db->t.incidents.n; i++) {
        if (uuid_eq(db->t.incidents.v[i].id, id)) {
            return &db->t.incidents.v[i];
        }
    }
    return NULL;
}

/* Strings into the database's arena; the plan is stored by its hash alone. */
static struct incident keep_incident(struct fake_database *db, const struct incident *in)
{
    struct incident row = *in;
    row.plan = (struct plan){0};
    row.receiver = fake_keep(db, in->receiver);
    row.group_labels = labels_dup(&db->arena, in->group_labels);
    row.title = fake_keep(db, in->title);
    row.service = fake_keep(db, in->service);
    row.severity = fake_keep(db, in->severity);
    row.plan_hash = fake_keep(db, in->plan_hash);
    row.config_hash = fake_keep(db, in->config_hash);
    row.acked_by = fake_keep(db, in->acked_by);
    row.resolved_by = fake_keep(db, in->resolved_by);
    row.muted_by = fake_keep(db, in->muted_by);
    return row;
}

static bool has_plan(const struct fake_database *db, struct str hash)
{
    for (size_t i = 0; i < db->t.plans.n; i++) {
        if (str_eq(db->t.plans.v[i].hash, hash)) {
            return true;
        }
    }
    return false;
}

static bool has_other_live(const struct fake_database *db, const struct incident *in)
{
    for (size_t i = 0; i < db->t.incidents.n; i++) {
        const struct incident *other = &db->t.incidents.v[i];
        if (!uuid_eq(other->id, in->id) && other->state != INCIDENT_RESOLVED &&
            memcmp(other->group_key, in->group_key, GROUP_KEY_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static enum status write_incident(struct fake_database *db, const struct decision *d,
                                  struct err *err)
{
    struct incident *old = fake_incident(db, d->incident.id);
    struct incident row = keep_incident(db, &d->incident);
    CHECK(d->is_new == (old == NULL));
    CHECK(has_plan(db, row.plan_hash)); /* a foreign key */
    if (row.state != INCIDENT_RESOLVED && has_other_live(db, &row)) {
        return err_set(err, ERR_CONFLICT, "two live incidents of one group");
    }
    if (old) {
        row.number = old->number;
        *old = row;
    } else {
        row.number = ++db->next_incident;
        VEC_PUSH(&db->arena, &db->t.incidents, row);
    }
    return OK;
}

static enum status write_events(struct fake_database *db, const struct decision *d, int64_t now_at,
                                struct err *err)
{
    for (size_t i = 0; i < d->events.n; i++) {
        struct timeline_row row = {.incident = d->incident.id,
                                   .cycle = d->incident.cycle,
                                   .at = now_at,
                                   .entry = d->events.v[i]};
        for (size_t k = 0; k < db->t.events.n; k++) {
            const struct timeline_row *other = &db->t.events.v[k];
            if (uuid_eq(other->incident, row.incident) && other->entry.seq == row.entry.seq) {
                return err_set(err, ERR_CONFLICT, "seq %lld is taken", (long long)row.entry.seq);
            }
        }
        row.entry.actor = fake_keep(db, row.entry.actor);
        for (size_t k = 0; k < row.entry.n_facts; k++) {
            row.entry.facts[k].value = fake_keep(db, row.entry.facts[k].value);
        }
        VEC_PUSH(&db->arena, &db->t.events, row);
    }
    return OK;
}

static bool is_queued(const struct fake_database *db, struct uuid incident, struct str key)
{
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        const struct delivery *d = &db->t.deliveries.v[i].d;
        if (uuid_eq(d->incident, incident) && str_eq(d->dedupe_key, key)) {
            return true;
        }
    }
    return false;
}

static void write_intents(struct fake_database *db, const struct decision *d, int64_t now_at)
{
    if (decision_changes_state(d)) {
        fake_touch_storms_of(db, d->incident.id);
    }
    for (size_t i = 0; i < d->intents.n; i++) {
        const struct intent *intent = &d->intents.v[i];
        if (is_queued(db, d->incident.id, intent->dedupe_key)) {
            continue;
        }
        CHECK(intent->to.n_contacts > 0);
        struct delivery_row row = {
            .d = {.id = ++db->next_delivery,
                  .incident = d->incident.id,
                  .cycle = d->incident.cycle,
                  .state_seq = d->incident.state_seq,
                  .kind = intent->kind,
                  .label = fake_keep(db, intent->to.label),
                  .contact = fake_keep_contact(db, intent->to.contacts[0]),
                  .contacts_text = contacts_format(&db->arena, intent->to.contacts + 1,
                                                   intent->to.n_contacts - 1),
                  .step = intent->step,
                  .round = intent->round,
                  .note = fake_keep(db, intent->note),
                  .wanted_at = now_at + intent->delay_us - intent->late_us,
                  .dedupe_key = fake_keep(db, intent->dedupe_key)},
            .state = DELIVERY_READY,
            .due_at = now_at,
            .deadline_at = AT_NONE,
            .sent_at = AT_NONE};
        VEC_PUSH(&db->arena, &db->t.deliveries, row);
    }
}

static void write_runs(struct fake_database *db, const struct decision *d, int64_t now_at)
{
    for (size_t i = 0; i < d->runs.n; i++) {
        const struct run_intent *run = &d->runs.v[i];
        bool is_known = false;
        for (size_t k = 0; k < db->t.runs.n && !is_known; k++) {
            is_known = uuid_eq(db->t.runs.v[k].run.incident, d->incident.id) &&
                       str_eq(db->t.runs.v[k].dedupe_key, run->dedupe_key);
        }
        struct run_row row = {.run = {.id = run->id,
                                      .incident = d->incident.id,
                                      .action = fake_keep(db, run->action),
                                      .actor = fake_keep(db, run->actor),
                                      .parameters = fake_keep(db, run->parameters),
                                      .state = RUN_STATE_REQUESTED,
                                      .requested_at = now_at,
                                      .started_at = AT_NONE,
                                      .ended_at = AT_NONE,
                                      .output = STR_EMPTY},
                              .cycle = d->incident.cycle,
                              .dedupe_key = fake_keep(db, run->dedupe_key),
                              .deadline_at = AT_NONE};
        if (!is_known) {
            VEC_PUSH(&db->arena, &db->t.runs, row);
        }
    }
}

static void write_alert(struct fake_database *db, const struct alert_write *w)
{
    struct alert_row row = {.incident = w->incident,
                            .alert = *w->alert,
                            .content_hash = w->content_hash,
                            .source = fake_keep(db, w->source)};
    CHECK(fake_incident(db, w->incident)); /* a foreign key */
    CHECK(w->labels_text.n >= 2 && w->annotations_text.n >= 2);
    row.alert.labels = labels_dup(&db->arena, w->alert->labels);
    row.alert.annotations = labels_dup(&db->arena, w->alert->annotations);
    row.alert.generator_url = fake_keep(db, w->alert->generator_url);
    row.alert.changed_seq = w->changed_seq;
    for (size_t i = 0; i < db->t.alerts.n; i++) {
        struct alert_row *old = &db->t.alerts.v[i];
        if (uuid_eq(old->incident, row.incident) &&
            old->alert.fingerprint == row.alert.fingerprint) {
            row.alert.changed_seq = w->changed_seq > 0 ? w->changed_seq : old->alert.changed_seq;
            *old = row;
            return;
        }
    }
    VEC_PUSH(&db->arena, &db->t.alerts, row);
}

static struct intake_row *intake_of(struct fake_database *db, int64_t id)
{
    for (size_t i = 0; i < db->t.intake.n; i++) {
        if (db->t.intake.v[i].id == id) {
            return &db->t.intake.v[i];
        }
    }
    UNREACHABLE("no such ledger row");
}

static void write_ledger(struct fake_database *db, const struct changes *c)
{
    for (size_t i = 0; i < c->n_processed; i++) {
        intake_of(db, c->processed[i])->is_waiting = false;
    }
    for (size_t i = 0; i < c->n_quarantined; i++) {
        struct str reason = c->quarantined[i].reason;
        intake_of(db, c->quarantined[i].intake_id)->quarantine =
            reason.n ? fake_keep(db, reason) : STR("(no reason)");
    }
}

static void wake_merged(struct fake_database *db, const struct decision *d, int64_t now_at)
{
    if (!decision_ends(d)) {
        return;
    }
    int64_t number = fake_incident(db, d->incident.id)->number;
    for (size_t i = 0; i < db->t.incidents.n; i++) {
        struct incident *in = &db->t.incidents.v[i];
        if (in->merged_into == number && in->state != INCIDENT_RESOLVED &&
            (in->wake_at == AT_NONE || in->wake_at > now_at)) {
            in->wake_at = now_at;
        }
    }
}

static void forget_alerts(struct fake_database *db, const struct decision *d)
{
    for (size_t i = 0; d->forgets_alerts && i < db->t.alerts.n; i++) {
        struct alert_row *row = &db->t.alerts.v[i];
        if (uuid_eq(row->incident, d->incident.id) && row->alert.status == ALERT_FIRING) {
            row->alert.status = ALERT_RESOLVED;
            row->alert.ends_at = AT_NONE;
            row->content_hash = 0;
        }
    }
}

enum status store_write(struct store *store, struct arena *arena, const struct changes *c,
                        struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    CHECK(db->owner == store);
    if (!fake_call(store, "write", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < c->n_decisions; i++) {
        if (write_incident(db, c->decisions[i], err) != OK ||
            write_events(db, c->decisions[i], c->now_at, err) != OK) {
            db->is_broken = true;
            return err->code;
        }
        write_intents(db, c->decisions[i], c->now_at);
        write_runs(db, c->decisions[i], c->now_at);
        wake_merged(db, c->decisions[i], c->now_at);
        forget_alerts(db, c->decisions[i]);
    }
    for (size_t i = 0; i < c->n_alerts; i++) {
        write_alert(db, &c->alerts[i]);
    }
    write_ledger(db, c);
    return OK;
}

enum status store_silence_add(struct store *store, const struct silence_row *row, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_call(store, "silence_add", &status, err)) {
        return status;
    }
    size_t n = 0;
    for (size_t i = 0; i < db->t.silences.n; i++) {
        n += db->t.silences.v[i].ends_at > db->clock_at;
    }
    if (n >= SILENCES_MAX) {
        return err_set(err, ERR_CONFLICT, "there are %d silences already", SILENCES_MAX);
    }
    struct silence_row kept = *row;
    kept.matchers = fake_keep(db, row->matchers);
    kept.during = fake_keep(db, row->during);
    kept.comment = fake_keep(db, row->comment);
    kept.created_by = fake_keep(db, row->created_by);
    kept.ended_by = STR_EMPTY;
    kept.starts_at = row->starts_at == AT_NONE ? db->clock_at : row->starts_at;
    VEC_PUSH(&db->arena, &db->t.silences, kept);
    return OK;
}

enum status store_silence_end(struct store *store, struct uuid id, struct str by, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_call(store, "silence_end", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.silences.n; i++) {
        struct silence_row *row = &db->t.silences.v[i];
        if (uuid_eq(row->id, id) && row->ends_at > db->clock_at) {
            row->ends_at = db->clock_at;
            row->ended_by = fake_keep(db, by);
            return OK;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "there is no such silence");
}
