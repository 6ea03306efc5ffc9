#include "sim/conformance/operation_parts.h"

#include "wire/alert_text.h"

#include <stdlib.h>
#include <string.h>

#ifdef store_begin
ENUM_DEFINE(operation, OPERATIONS)
#endif

/* ---- arguments: the same for both ------------------------------------------------------------ */

static struct labels labels_of(struct arena *a, uint64_t n)
{
    struct label *label = ARENA_NEW(a, struct label);
    *label = (struct label){STR("alertname"), str_printf(a, "A%llu", (unsigned long long)n)};
    return (struct labels){label, 1};
}

static void group_key(uint8_t key[GROUP_KEY_BYTES], uint64_t n)
{
    memset(key, 0, GROUP_KEY_BYTES);
    key[0] = (uint8_t)(n % GROUPS);
}

static const struct incident *some_locked(const struct act *s, uint64_t *chance)
{
    return s->known->n_locked ? &s->known->locked[draw(chance, s->known->n_locked)] : NULL;
}

/* ---- answers as text ------------------------------------------------------------------------- */

static void keep_incidents(struct act *s, const struct incident *v, size_t n)
{
    struct known *k = s->known;
    for (size_t i = 0; i < n && s->keeps; i++) {
        size_t at = 0;
        while (at < k->n_locked && !uuid_eq(k->locked[at].id, v[i].id)) {
            at++;
        }
        if (at < KNOWN_MAX) {
            k->locked[at] = v[i];
            k->n_locked += at == k->n_locked;
        }
    }
}

static void put_incidents(struct act *s, struct strbuf *out, const struct incident *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put_incident(out, &v[i]);
    }
    keep_incidents(s, v, n);
}

/* ---- ledger, configurations ------------------------------------------------------------------ */

static enum status ledger_append(struct store *store, struct act *s, struct arena *a,
                                 struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    struct ledger_entry v[2];
    size_t n = 1 + draw(&chance, 2);
    (void)out;
    for (size_t i = 0; i < n; i++) {
        v[i] =
            (struct ledger_entry){.receipt = id_of(chance ^ i),
                                  .source = STR("am"),
                                  .peer = STR("peer"),
                                  .body = str_printf(a, "body %llu", (unsigned long long)i),
                                  .quarantine = draw(&chance, 4) ? STR_EMPTY : STR("unreadable")};
    }
    return store_ledger_append(store, v, n, err);
}

static enum status ledger_next(struct store *store, struct act *s, struct arena *a,
                               struct strbuf *out, struct err *err)
{
    struct ledger_row *rows;
    size_t n;
    uint64_t chance = s->chance;
    if (store_ledger_next(store, a, 1 + draw(&chance, 4), 6 + draw(&chance, 30), &rows, &n, err) !=
        OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, " %lld:%.*s", (long long)rows[i].id, STR_ARG(rows[i].body));
    }
    return OK;
}

static enum status config_save(struct store *store, struct act *s, struct arena *a,
                               struct strbuf *out, struct err *err)
{
    const struct plan_row plans[] = {{STR("p0"), STR("{}")}, {STR("p1"), STR("{}")}};
    (void)s, (void)out;
    return store_config_save(store, a, STR("c0"), STR("text"), STR("test"), plans, 2, err);
}

static enum status plan(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                        struct err *err)
{
    struct str body;
    uint64_t chance = s->chance;
    if (store_plan(store, a, draw(&chance, 3) ? STR("p1") : STR("p9"), &body, err) != OK) {
        return err->code;
    }
    strbuf_add(out, body);
    return OK;
}

/* ---- incidents, alerts ----------------------------------------------------------------------- */

static enum status lock(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                        struct err *err)
{
    uint64_t chance = s->chance;
    struct incident *found;
    size_t n, wanted = 1 + draw(&chance, 3);
    struct uuid ids[3];
    uint8_t keys[3][GROUP_KEY_BYTES];
    enum status status;
    for (size_t i = 0; i < wanted; i++) {
        ids[i] = some_incident(&chance);
        group_key(keys[i], i + draw(&chance, 1));
    }
    if (s->op == OP_GROUPS_LOCK) {
        status = store_groups_lock(store, a, (const uint8_t(*)[GROUP_KEY_BYTES])keys, wanted,
                                   &found, &n, err);
    } else if (s->op == OP_INCIDENTS_LOCK) {
        status = store_incidents_lock(store, a, ids, wanted, &found, &n, err);
    } else {
        status = store_incidents_due(store, a, 1 + draw(&chance, 3), &found, &n, err);
    }
    if (status == OK) {
        put_incidents(s, out, found, n);
    }
    return status;
}

static enum status alerts(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                          struct err *err)
{
    uint64_t chance = s->chance;
    struct alert *v;
    size_t n;
    if (store_alerts(store, a, some_incident(&chance), 1 + draw(&chance, 3), &v, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, " %llu:%s@%lld/%lld %zu/%lld", (unsigned long long)v[i].fingerprint,
                      alert_status_name(v[i].status), (long long)v[i].starts_at,
                      (long long)v[i].ends_at, v[i].labels.n, (long long)v[i].changed_seq);
    }
    return OK;
}

static enum status alerts_known(struct store *store, struct act *s, struct arena *a,
                                struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    struct alert_key keys[4];
    struct alert_known *v;
    size_t n;
    int64_t sum = 0;
    for (size_t i = 0; i < 4; i++) {
        keys[i] = (struct alert_key){some_incident(&chance), i};
    }
    if (store_alerts_known(store, a, keys, 4, &v, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) { /* in no order */
        sum += (int64_t)v[i].state.content_hash * (v[i].key.incident.b[15] + 7) +
               (int64_t)v[i].state.status;
    }
    strbuf_printf(out, " %zu known, %lld", n, (long long)sum);
    return OK;
}

static enum status timeline(struct store *store, struct uuid incident, size_t max, struct arena *a,
                            struct strbuf *out, struct err *err)
{
    struct event_row *v;
    size_t n;
    if (store_timeline(store, a, incident, max, &v, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, " %lld %lld %.*s by %.*s", (long long)v[i].seq, (long long)v[i].at,
                      STR_ARG(v[i].kind), STR_ARG(v[i].actor));
    }
    return OK;
}

static enum status told(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                        struct err *err)
{
    uint64_t chance = s->chance;
    struct uuid ids[2] = {some_incident(&chance), some_incident(&chance)};
    struct told_row *v;
    size_t n;
    if (store_told(store, a, ids, 2, &v, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, " %02x %s:%.*s %.*s %lld", v[i].incident.b[15],
                      channel_kind_name(v[i].told.contact.channel),
                      STR_ARG(v[i].told.contact.address), STR_ARG(v[i].ref),
                      (long long)v[i].told_seq);
    }
    struct uuid all[3 * GROUPS], *set;
    for (size_t i = 0; i < 3 * GROUPS; i++) {
        all[i] = id_of(1 + i);
    }
    if (store_severities_set(store, a, all, 3 * GROUPS, &set, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, " set %02x", set[i].b[15]);
    }
    return timeline(store, ids[0], 1 + draw(&chance, 3), a, out, err);
}

/* ---- turns ----------------------------------------------------------------------------------- */

static enum status asked(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                         struct err *err)
{
    uint64_t chance = s->chance;
    struct uuid ids[3] = {some_incident(&chance), some_incident(&chance), some_incident(&chance)};
    struct asked_row *v;
    size_t n;
    if (store_asked(store, a, ids, 3, &v, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, " %02x step%d %s:%.*s of %.*s", v[i].incident.b[15], v[i].asked.step,
                      channel_kind_name(v[i].asked.contact.channel),
                      STR_ARG(v[i].asked.contact.address), STR_ARG(v[i].asked.contact.user));
    }
    return OK;
}

/* One to three of four steps, in any order. */
static enum status turns_take(struct store *store, struct act *s, struct arena *a,
                              struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance, first = draw(&chance, 4);
    size_t n = 1 + draw(&chance, 3);
    struct turns_take v[3];
    for (size_t i = 0; i < n; i++) {
        uint64_t which = (first + 3 * i) % 4;
        v[i] = (struct turns_take){.receiver = which / 2 ? STR("r1") : STR("R0"),
                                   .step = (int)(which % 2) * 2,
                                   .n = 1 + (int64_t)draw(&chance, 3)};
    }
    if (store_turns_take(store, a, v, n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, " %.*s/%d from %lld", STR_ARG(v[i].receiver), v[i].step,
                      (long long)v[i].first);
    }
    return OK;
}

/* ---- merged incidents ------------------------------------------------------------------------ */

static enum status merged(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                          struct err *err)
{
    uint64_t chance = s->chance;
    int64_t number = 1 + (int64_t)draw(&chance, 5);
    struct incident in;
    bool has_merged;
    enum status status = store_incident_by_number(store, a, number, &in, err);
    if (status == OK) {
        put_incident(out, &in);
    }
    if ((status != OK && status != ERR_NOT_FOUND) ||
        store_incident_has_merged(store, a, number, &has_merged, err) != OK) {
        return err->code;
    }
    strbuf_printf(out, " #%lld%s", (long long)number, has_merged ? " has others" : "");
    return OK;
}

/* ---- what was decided ------------------------------------------------------------------------ */

static void add_intents(struct decision *d, struct arena *a, uint64_t *chance)
{
    for (uint64_t i = draw(chance, 3); i > 0; i--) {
        struct contact *contacts = arena_array(a, 2, sizeof(*contacts));
        contacts[0] = contact_of(draw(chance, 3));
        contacts[1] = contact_of(draw(chance, 3));
        static const enum notice_kind kinds[] = {NOTICE_PAGE, NOTICE_PAGE, NOTICE_ACKNOWLEDGED,
                                                 NOTICE_RESOLVED, NOTICE_UPDATE};
        enum notice_kind kind = kinds[draw(chance, 5)];
        struct intent intent = {
            .kind = kind,
            .to = {.label = STR("label"), .contacts = contacts, .n_contacts = 1 + draw(chance, 2)},
            .dedupe_key = str_printf(a, "%s/%llu", notice_kind_name(kind),
                                     (unsigned long long)draw(chance, 5)),
            .step = (int)draw(chance, 3),
            .round = 1,
            .delay_us = kind == NOTICE_UPDATE ? 3 * US_PER_S : 0,
            .note = STR_EMPTY};
        VEC_PUSH(a, &d->intents, intent);
    }
    if (draw(chance, 4) == 0) {
        struct run_intent run = {.id = id_of(1000 + (*chance >> 20)),
                                 .action = STR("fix"),
                                 .actor = STR("test"),
                                 .dedupe_key = str_printf(a, "run/%d", (int)draw(chance, 2)),
                                 .parameters = STR("{}")};
        VEC_PUSH(a, &d->runs, run);
    }
}

static void change(struct decision *d, uint64_t *chance, int64_t now_at)
{
    static const enum event_kind kinds[] = {EVENT_CHANGED, EVENT_RESOLVED, EVENT_ACKNOWLEDGED,
                                            EVENT_NOTE};
    struct incident *in = &d->incident;
    uint64_t what = draw(chance, 4);
    struct str actor = draw(chance, 3) ? STR("test") : STR("source:am");
    struct timeline_entry *entry = decision_event(d, kinds[what], actor);
    if (what == 0) {
        entry_fact(entry, "what", draw(chance, 3) ? STR("severity") : STR("title"));
    }
    if (what == 1 && in->state != INCIDENT_RESOLVED) {
        (void)incident_transition(in, INCIDENT_RESOLVE);
        in->resolved_at = now_at;
        in->resolved_by = STR("test");
        in->state_seq = in->seq;
    } else if (what == 2 && in->state == INCIDENT_OPEN) {
        (void)incident_transition(in, INCIDENT_ACKNOWLEDGE);
        in->acked_at = now_at;
        in->acked_by = STR("anna");
        in->ack_seq = in->state_seq = in->seq;
    } else if (what == 3 && in->state == INCIDENT_RESOLVED) {
        (void)incident_transition(in, INCIDENT_FIRE);
        in->state_seq = in->seq;
        d->forgets_alerts = draw(chance, 2);
    }
    /* Never two at the same time: their order would be the server's own affair. */
    in->wake_at = draw(chance, 3) ? now_at + (int64_t)draw(chance, 5) * US_PER_S - 2 * US_PER_S +
                                        in->id.b[15] * US_PER_MS
                                  : AT_NONE;
    in->muted_by = draw(chance, 3) ? STR_EMPTY : draw(chance, 2) ? STR("nights") : STR("alert A");
    in->merged_into = draw(chance, 2) ? 0 : 1 + (int64_t)draw(chance, 4);
}

static struct alert_write alert_of(struct arena *a, const struct incident *in, uint64_t *chance)
{
    struct alert *alert = ARENA_NEW(a, struct alert);
    uint64_t n = draw(chance, 4);
    alert->labels = labels_of(a, n);
    alert->fingerprint = n;
    alert->status = draw(chance, 2) ? ALERT_FIRING : ALERT_RESOLVED;
    alert->starts_at = draw(chance, 4) ? INT64_C(1795219200000000) : AT_NONE;
    alert->ends_at = alert->status == ALERT_FIRING ? AT_NONE : INT64_C(1795219260000000);
    alert->generator_url = STR_EMPTY;
    return (struct alert_write){.incident = in->id,
                                .alert = alert,
                                .content_hash = n * 10 + alert->status,
                                .source = STR("am"),
                                .changed_seq = draw(chance, 2) ? in->seq : 0,
                                .labels_text = labels_format_json(a, alert->labels),
                                .annotations_text = STR("{}")};
}

static enum status write_one(struct store *store, struct act *s, struct decision *d,
                             struct arena *a, uint64_t *chance, struct err *err)
{
    const struct decision *list[] = {d};
    struct alert_write alert = alert_of(a, &d->incident, chance);
    int64_t done = s->ledger_base + (int64_t)draw(chance, 4);
    struct changes changes = {.now_at = s->now_at,
                              .decisions = list,
                              .n_decisions = 1,
                              .alerts = &alert,
                              .n_alerts = draw(chance, 2),
                              .processed = &done,
                              .n_processed = draw(chance, 2)};
    enum status status = store_write(store, a, &changes, err);
    if (status == OK && !d->is_new) { /* nobody opens and changes one in the same transaction */
        keep_incidents(s, &d->incident, 1);
    }
    return status;
}

static enum status open_incident(struct store *store, struct act *s, struct arena *a,
                                 struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    struct decision d;
    (void)out;
    decision_init(&d, a, NULL, s->now_at);
    struct incident *in = &d.incident;
    uint64_t n = draw(&chance, GROUPS);
    in->id = id_of(1 + 3 * n + s->session); /* ids are drawn, so they are never the same */
    group_key(in->group_key, n);
    in->receiver = STR("page");
    in->group_labels = labels_of(a, n);
    in->title = in->service = STR("title");
    in->severity = draw(&chance, 2) ? STR("critical") : STR("info");
    in->plan_hash = STR("p0");
    in->config_hash = draw(&chance, 2) ? STR("c0") : STR("c1");
    in->acked_by = in->resolved_by = in->muted_by = STR_EMPTY;
    (void)incident_transition(in, INCIDENT_FIRE);
    (void)decision_event(&d, EVENT_OPENED, STR("test"));
    in->state_seq = in->seq;
    entry_fact(decision_event(&d, EVENT_CHANGED, STR("test")), "what",
               draw(&chance, 2) ? STR("severity") : STR("title"));
    in->round = 1;
    in->wake_at = s->now_at - in->id.b[15] * US_PER_MS;
    add_intents(&d, a, &chance);
    return write_one(store, s, &d, a, &chance, err);
}

static enum status update(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                          struct err *err)
{
    uint64_t chance = s->chance;
    const struct incident *in = some_locked(s, &chance);
    struct decision d;
    (void)out;
    if (!in) {
        return OK;
    }
    decision_init(&d, a, in, s->now_at);
    change(&d, &chance, s->now_at);
    add_intents(&d, a, &chance);
    return write_one(store, s, &d, a, &chance, err);
}

/* ---- deliveries ------------------------------------------------------------------------------ */

static enum status deliveries_due(struct store *store, struct act *s, struct arena *a,
                                  struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    size_t max[channel_kind_COUNT], n;
    struct delivery *v;
    for (int i = 0; i < channel_kind_COUNT; i++) {
        max[i] = draw(&chance, 4);
    }
    max[CHANNEL_SLACK] += 1;
    if (store_deliveries_due(store, a, max, &v, &n, err) != OK ||
        store_pages_outrun(store, a, v, n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        put_delivery(out, &v[i]);
        if (s->keeps && s->known->n_due < KNOWN_MAX) {
            s->known->due[s->known->n_due++] = v[i];
        }
    }
    return OK;
}

static enum status deliveries_write(struct store *store, struct act *s, struct arena *a,
                                    struct strbuf *out, struct err *err)
{
    static const enum delivery_state states[] = {DELIVERY_SENDING, DELIVERY_SENDING,
                                                 DELIVERY_SENT,    DELIVERY_READY,
                                                 DELIVERY_FAILED,  DELIVERY_SUPERSEDED};
    uint64_t chance = s->chance;
    size_t written;
    if (s->known->n_due == 0) {
        return OK;
    }
    struct delivery *d = &s->known->due[draw(&chance, s->known->n_due)];
    enum delivery_state state = states[draw(&chance, 6)];
    if (!may_write(s, d->id)) {
        return OK;
    }
    struct delivery_write w = {.id = d->id,
                               .fence = d->fence - (draw(&chance, 5) == 0),
                               .state = state,
                               .deadline_at = s->now_at + 2 * US_PER_S,
                               .due_at = s->now_at + (int64_t)draw(&chance, 3) * US_PER_S,
                               .attempts = (unsigned)draw(&chance, 4),
                               .has_outcome = draw(&chance, 2),
                               .outcome = (enum outcome_kind)draw(&chance, outcome_kind_COUNT),
                               .reason = STR("reason"),
                               .contact = contact_of(draw(&chance, 3)),
                               .contacts_text = STR("[]"),
                               .is_plain = draw(&chance, 4) == 0,
                               .ref = draw(&chance, 2) ? STR("ref") : STR_EMPTY};
    w.has_outcome = w.has_outcome && state != DELIVERY_SENDING;
    if (store_deliveries_write(store, a, &w, 1, &written, err) != OK) {
        return err->code;
    }
    strbuf_printf(out, " %zu written", written);
    return OK;
}

static enum status delivery(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                            struct err *err)
{
    uint64_t chance = s->chance;
    struct delivery d;
    if (store_delivery(store, a, 1 + (int64_t)draw(&chance, 8), &d, err) != OK) {
        return err->code;
    }
    put_delivery(out, &d);
    return OK;
}

static enum status conversations_write(struct store *store, struct act *s, struct arena *a,
                                       struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    const struct incident *in = some_locked(s, &chance);
    (void)out;
    if (!in) {
        return OK;
    }
    struct conversation_write w = {.incident = in->id,
                                   .cycle = in->cycle,
                                   .contact = contact_of(draw(&chance, 3)),
                                   .label = STR("label"),
                                   .ref = draw(&chance, 2) ? STR("r2") : STR_EMPTY,
                                   .told_seq = (int64_t)draw(&chance, 9)};
    return store_conversations_write(store, a, &w, 1, err);
}

/* ---- scripts, links -------------------------------------------------------------------------- */

static void put_run(struct strbuf *out, const struct run *r)
{
    strbuf_printf(out, " <%02x %s fence%lld %lld %d %.*s>", r->incident.b[15],
                  run_state_name(r->state), (long long)r->fence,
                  (long long)(r->ended_at == AT_NONE ? -1 : r->ended_at), r->code,
                  STR_ARG(r->output));
}

static int by_run(const void *a, const void *b)
{
    return memcmp(((const struct run *)a)->id.b, ((const struct run *)b)->id.b, 16);
}

static enum status runs(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                        struct err *err)
{
    uint64_t chance = s->chance;
    struct run *v, one;
    size_t n;
    if (s->op == OP_RUN_NEWEST) {
        if (store_run_newest(store, a, some_incident(&chance), 1, &one, err) == OK) {
            put_run(out, &one);
        }
        return err->code;
    }
    if (s->op == OP_RUNS_REQUESTED) {
        if (store_runs_requested(store, a, 100, &v, &n, err) != OK) {
            return err->code;
        }
        if (n > 1) { /* asked for at the same time, they come in any order */
            qsort(v, n, sizeof(*v), by_run);
        }
        for (size_t i = 0; i < n; i++) {
            put_run(out, &v[i]);
            if (s->keeps && s->known->n_runs < KNOWN_MAX) {
                s->known->runs[s->known->n_runs++] = v[i];
            }
        }
        return OK;
    }
    if (s->known->n_runs == 0) {
        return OK;
    }
    one = s->known->runs[draw(&chance, s->known->n_runs)];
    one.state = draw(&chance, 2) ? RUN_STATE_STARTED : RUN_STATE_EXITED;
    one.fence += draw(&chance, 3) == 0;
    one.code = 3;
    one.output = STR("output");
    return store_run_write(store, a, &one, id_of(99), s->now_at, err);
}

static enum status link_burn(struct store *store, struct act *s, struct arena *a,
                             struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    const struct incident *in = some_locked(s, &chance);
    uint8_t jti[16] = {(uint8_t)draw(&chance, 3)};
    bool is_first = false;
    (void)a;
    if (in && store_link_burn(store, jti, in->id, STR("anna"), STR("peer"), &is_first, err) == OK) {
        strbuf_add(out, is_first ? STR(" first") : STR(" again"));
    }
    return err->code;
}

static enum status link_used(struct store *store, struct act *s, struct arena *a,
                             struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    uint8_t jti[16] = {(uint8_t)draw(&chance, 3)};
    bool is_used = false;
    (void)a;
    if (store_link_used(store, jti, &is_used, err) == OK) {
        strbuf_add(out, is_used ? STR(" used") : STR(" unused"));
    }
    return err->code;
}

/* Noted so far are a few steps of a second: often as many as this one has read. */
static enum status clock_skip(struct store *store, struct act *s, struct arena *a,
                              struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    bool is_mine = false;
    (void)a;
    if (store_clock_skip(store, (int64_t)draw(&chance, 3), 1, &is_mine, err) == OK) {
        strbuf_add(out, is_mine ? STR(" mine") : STR(" not mine"));
    }
    return err->code;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static enum status transaction(struct store *store, struct act *s, struct err *err)
{
    int64_t now_at;
    enum status status = OK;
    if (s->op == OP_BEGIN) {
        status = store_begin(store, &now_at, err);
    } else if (s->op == OP_COMMIT) {
        status = store_commit(store, err);
    } else {
        store_rollback(store);
    }
    if (s->keeps) {
        *s->known = (struct known){0};
    }
    return status;
}

void operation_run(struct store *store, struct act *s, struct arena *a, struct strbuf *out)
{
    typedef enum status operation_fn(struct store *, struct act *, struct arena *, struct strbuf *,
                                     struct err *);
    static operation_fn *const functions[operation_COUNT] = {
        [OP_LEDGER_APPEND] = ledger_append,
        [OP_LEDGER_NEXT] = ledger_next,
        [OP_GROUPS_LOCK] = lock,
        [OP_INCIDENTS_DUE] = lock,
        [OP_INCIDENTS_LOCK] = lock,
        [OP_ALERTS] = alerts,
        [OP_ALERTS_KNOWN] = alerts_known,
        [OP_ALERTS_FIRING] = operation_mutes,
        [OP_STRAYS] = operation_mutes,
        [OP_MUTED] = operation_mutes,
        [OP_MUTED_WAKE] = operation_mutes,
        [OP_TOLD] = told,
        [OP_ASKED] = asked,
        [OP_TURNS_TAKE] = turns_take,
        [OP_SILENCE_ADD] = operation_mutes,
        [OP_SILENCES] = operation_mutes,
        [OP_SILENCE_END] = operation_mutes,
        [OP_MERGED] = merged,
        [OP_OPEN] = open_incident,
        [OP_UPDATE] = update,
        [OP_DELIVERIES_DUE] = deliveries_due,
        [OP_DELIVERIES_WRITE] = deliveries_write,
        [OP_DELIVERY] = delivery,
        [OP_CONVERSATIONS_WRITE] = conversations_write,
        [OP_DESTINATIONS_LOCK] = operation_storms,
        [OP_DESTINATIONS_WRITE] = operation_storms,
        [OP_STORM_OPEN] = operation_storms,
        [OP_STORMS_TOUCH] = operation_storms,
        [OP_STORM_VIEW] = operation_storms,
        [OP_STORM_INCIDENTS] = operation_storms,
        [OP_PAGES_UNCOVERED] = operation_storms,
        [OP_RUNS_REQUESTED] = runs,
        [OP_RUN_WRITE] = runs,
        [OP_RUN_NEWEST] = runs,
        [OP_LINK_BURN] = link_burn,
        [OP_LINK_USED] = link_used,
        [OP_PLAN] = plan,
        [OP_CONFIG_SAVE] = config_save,
        [OP_CLOCK_SKIP] = clock_skip,
    };
    struct err err = ERR_INIT;
    s->status =
        functions[s->op] ? functions[s->op](store, s, a, out, &err) : transaction(store, s, &err);
    strbuf_printf(out, " = %s", status_name(s->status));
}
