/* What a commit may change, row by row. */
#include "base/time_units.h"
#include "sim/check.h"
#include "sim/sometimes.h"
#include "sim/source.h"
#include "sim/trace.h"

#include <string.h>

/* ---- incidents and their timelines ------------------------------------------------------------
 */

static void note_event(const struct timeline_entry *e)
{
    switch ((int)e->kind) {
    case EVENT_REOPENED:
        SOMETIMES(REOPENED);
        if (!str_starts_with(e->actor, STR("source:"))) {
            SOMETIMES(REOPENED_BY_HAND);
        }
        break;
    case EVENT_LATE_ACTION:
        SOMETIMES(LATE_ACK);
        break;
    case EVENT_REMINDED:
        SOMETIMES(REMINDED);
        break;
    case EVENT_UNACKNOWLEDGED:
        SOMETIMES(UNACKNOWLEDGED);
        break;
    case EVENT_FLAPPING:
        SOMETIMES(FLAPPING);
        break;
    case EVENT_SETTLED:
        SOMETIMES(SETTLED);
        break;
    case EVENT_MUTED:
        SOMETIMES(MUTED);
        break;
    case EVENT_ESCALATED:
        SOMETIMES(ESCALATED);
        break;
    case EVENT_REASSIGNED:
        SOMETIMES(REASSIGNED);
        break;
    case EVENT_RESPONDER_ADDED:
        SOMETIMES(RESPONDER_ADDED);
        break;
    case EVENT_CATCH_ALL:
        SOMETIMES(CATCH_ALL);
        break;
    case EVENT_STEP_SKIPPED:
        SOMETIMES(STEP_SKIPPED);
        break;
    case EVENT_REPEATED:
        SOMETIMES(ROUND_REPEATED);
        break;
    case EVENT_RUN_UNKNOWN:
        SOMETIMES(RUN_UNKNOWN);
        break;
    case EVENT_DELIVERY_RETRIED:
        SOMETIMES(DELIVERY_RETRIED);
        break;
    case EVENT_DELIVERY_SUPERSEDED:
        SOMETIMES(DELIVERY_SUPERSEDED);
        break;
    case EVENT_DELIVERY_HELD:
        SOMETIMES(DELIVERY_HELD);
        break;
    case EVENT_DELIVERY_FAILED:
        SOMETIMES(DELIVERY_FAILED);
        break;
    default:
        break;
    }
}

/* The last entry of one of these kinds in the cycle, before that seq. */
static const struct event_saved *earlier(const struct incident *in, const struct event_saved *than,
                                         enum event_kind a, enum event_kind b)
{
    const struct event_saved *best = NULL;
    FOR_ROWS(TABLE_EVENT, row)
    {
        const struct event_saved *e = row_committed(row);
        if (e && uuid_eq(e->incident, in->id) && e->entry.seq < than->entry.seq &&
            (e->entry.kind == a || e->entry.kind == b) && fact_of(&e->entry, "of").n == 0 &&
            (!best || e->entry.seq > best->entry.seq)) {
            best = e;
        }
    }
    return best;
}

/* The last time that a worse alert made the escalation go back. */
static const struct event_saved *raised(const struct incident *in, const struct event_saved *than)
{
    const struct event_saved *best = NULL;
    FOR_ROWS(TABLE_EVENT, row)
    {
        const struct event_saved *e = row_committed(row);
        if (e && uuid_eq(e->incident, in->id) && e->entry.seq < than->entry.seq &&
            check_severity_moves(&e->entry) && (!best || e->entry.seq > best->entry.seq)) {
            best = e;
        }
    }
    return best;
}

#define LEAST_WAIT_US (10 * US_PER_S) /* of all plans in config.c */
#define HOLD_US (6 * US_PER_S)

/* By the database's clock; or by that on the wall, when the database's has gone back. */
static bool lasts(const struct event_saved *from, const struct event_saved *to, int64_t us)
{
    return to->at - from->at >= us || to->written_us - from->written_us >= us;
}

/* A step has told people: in its order, once, in its time. */
static void check_step(const struct incident *in, const struct event_saved *e)
{
    const struct event_saved *began = earlier(in, e, EVENT_OPENED, EVENT_REOPENED);
    const struct event_saved *again = earlier(in, e, EVENT_UNACKNOWLEDGED, EVENT_SETTLED);
    const struct event_saved *alone = earlier(in, e, EVENT_UNMERGED, EVENT_UNMERGED);
    const struct event_saved *moved = earlier(in, e, EVENT_ESCALATED, EVENT_REASSIGNED);
    const struct event_saved *before = earlier(in, e, EVENT_NOTIFIED, EVENT_NOTIFIED);
    again = moved && (!again || moved->entry.seq > again->entry.seq) ? moved : again;
    const struct event_saved *worse = raised(in, e);
    again = worse && (!again || worse->entry.seq > again->entry.seq) ? worse : again;
    again = alone && (!again || alone->entry.seq > again->entry.seq) ? alone : again;
    began = again && (!began || again->entry.seq > began->entry.seq) ? again : began;
    int64_t step = fact_number(&e->entry, "step");
    int64_t round = fact_number(&e->entry, "round");
    CHECK_THAT(STEPS, began, "#%lld notifies before it has opened", (long long)in->number);
    if (before && began && before->entry.seq > began->entry.seq) {
        int64_t step_before = fact_number(&before->entry, "step");
        int64_t round_before = fact_number(&before->entry, "round");
        CHECK_THAT(STEPS, round > round_before || (round == round_before && step > step_before),
                   "#%lld: step %lld of round %lld behind step %lld of round %lld",
                   (long long)in->number, (long long)step, (long long)round, (long long)step_before,
                   (long long)round_before);
        CHECK_THAT(STEPS, lasts(before, e, LEAST_WAIT_US),
                   "#%lld: the next step comes after %.1f s already", (long long)in->number,
                   (double)(e->at - before->at) / 1e6);
    }
    CHECK_THAT(STEPS,
               !began || again == began || !str_eq(in->receiver, STR("hold")) ||
                   !str_starts_with(began->entry.actor, STR("source:")) || lasts(began, e, HOLD_US),
               "#%lld pages before its hold is over", (long long)in->number);
}

static void note_acknowledged(const struct incident *in)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = row_committed(row);
        if (d && d->state == DELIVERY_SENDING && d->d.kind == NOTICE_PAGE &&
            uuid_eq(d->d.incident, in->id)) {
            SOMETIMES(ACK_WHILE_SENDING);
        }
    }
}

/* The state that an entry leads to; checks that it may. */
static enum incident_state walk(const struct incident *in, const struct event_saved *e,
                                enum incident_state state, int *cycle)
{
    enum event_kind kind = e->entry.kind;
    if (kind == EVENT_OPENED || kind == EVENT_REOPENED) {
        CHECK_THAT(I8, state == INCIDENT_RESOLVED, "#%lld reopens and was not resolved",
                   (long long)in->number);
        ++*cycle;
        return INCIDENT_OPEN;
    }
    if (kind == EVENT_ACKNOWLEDGED) {
        bool answers = fact_of(&e->entry, "answers").n > 0;
        CHECK_THAT(I8, state == (answers ? INCIDENT_ACKNOWLEDGED : INCIDENT_OPEN),
                   "#%lld is acknowledged and was %s", (long long)in->number,
                   incident_state_name(state));
        note_acknowledged(in);
        CHECK_THAT(ACK, person_has_clicked(in->id, e->cycle),
                   "#%lld is acknowledged, nobody has clicked", (long long)in->number);
        return INCIDENT_ACKNOWLEDGED;
    }
    if (kind == EVENT_SNOOZED) {
        CHECK_THAT(I8, state != INCIDENT_RESOLVED, "#%lld is put off, and is resolved",
                   (long long)in->number);
        SOMETIMES(SNOOZED);
        return INCIDENT_ACKNOWLEDGED;
    }
    if (kind == EVENT_ESCALATED || kind == EVENT_REASSIGNED) {
        CHECK_THAT(
            I8, state == (fact_of(&e->entry, "was").n > 0 ? INCIDENT_ACKNOWLEDGED : INCIDENT_OPEN),
            "#%lld is %s and was %s", (long long)in->number, event_kind_name(kind),
            incident_state_name(state));
        return INCIDENT_OPEN;
    }
    if (kind == EVENT_UNACKNOWLEDGED) {
        CHECK_THAT(I8, state == INCIDENT_ACKNOWLEDGED, "#%lld is unacknowledged and was %s",
                   (long long)in->number, incident_state_name(state));
        return INCIDENT_OPEN;
    }
    if (kind == EVENT_RESOLVED) {
        CHECK_THAT(I8, state != INCIDENT_RESOLVED, "#%lld is resolved twice",
                   (long long)in->number);
        if (str_eq(e->entry.actor, STR(DECISION_SILENCE))) {
            SOMETIMES(SILENCE_RESOLVED);
        }
        return INCIDENT_RESOLVED;
    }
    bool is_page = str_eq(fact_of(&e->entry, "what"), STR("page"));
    if (kind == EVENT_ATTEMPT && is_page) {
        CHECK_THAT(I7, state == INCIDENT_OPEN, "#%lld: a page is attempted, it is %s",
                   (long long)in->number, incident_state_name(state));
    }
    if (kind == EVENT_NOTIFIED) {
        CHECK_THAT(I7, state == INCIDENT_OPEN, "#%lld: a step notifies, it is %s",
                   (long long)in->number, incident_state_name(state));
        check_step(in, e);
    }
    return state;
}

/* `was`: the state before it. */
static bool changes_state(const struct event_saved *e, enum incident_state was)
{
    enum event_kind kind = e->entry.kind;
    if (kind == EVENT_SNOOZED) {
        return was == INCIDENT_OPEN;
    }
    if (kind == EVENT_ESCALATED || kind == EVENT_REASSIGNED) {
        return was == INCIDENT_ACKNOWLEDGED;
    }
    bool is_answer = kind == EVENT_ACKNOWLEDGED && fact_of(&e->entry, "answers").n > 0;
    return kind == EVENT_OPENED || kind == EVENT_REOPENED || kind == EVENT_RESOLVED ||
           kind == EVENT_UNACKNOWLEDGED || (kind == EVENT_ACKNOWLEDGED && !is_answer);
}

static void check_timeline(const struct incident *old, const struct incident *in,
                           const struct row_change *changes, size_t n)
{
    enum incident_state state = old ? old->state : INCIDENT_RESOLVED;
    int cycle = old ? old->cycle : 0;
    int64_t newest = old ? old->state_seq : 0;
    uint64_t chain = 0, stored;
    memcpy(&chain, old ? old->chain : in->chain, old ? sizeof(chain) : 0);
    for (int64_t seq = (old ? old->seq : 0) + 1; seq <= in->seq; seq++) {
        const struct event_saved *e = event_of(changes, n, in->id, seq);
        CHECK_THAT(I9, e, "#%lld: entry %lld is missing", (long long)in->number, (long long)seq);
        if (!e) {
            return;
        }
        note_event(&e->entry);
        newest = changes_state(e, state) ? seq : newest;
        chain = database_chain(chain, seq, e->entry.kind);
        state = walk(in, e, state, &cycle);
        TRACE("#%lld %s %s%s%.*s (%s)", (long long)in->number, event_kind_name(e->entry.kind),
              fact_of(&e->entry, "what").p, fact_of(&e->entry, "to").n ? " to " : "",
              STR_ARG(fact_of(&e->entry, "to")), incident_state_name(in->state));
    }
    memcpy(&stored, in->chain, sizeof(stored));
    CHECK_THAT(I12, stored == chain, "#%lld: its chain is broken", (long long)in->number);
    CHECK_THAT(I9, !old || in->seq >= old->seq, "#%lld: its timeline goes back",
               (long long)in->number);
    CHECK_THAT(I8, newest == in->state_seq, "#%lld: its state is of entry %lld, it says %lld",
               (long long)in->number, (long long)newest, (long long)in->state_seq);
    CHECK_THAT(I8, state == in->state && cycle == in->cycle,
               "#%lld is %s in cycle %d, its timeline says %s in %d", (long long)in->number,
               incident_state_name(in->state), in->cycle, incident_state_name(state), cycle);
}

static bool is_stored(enum table table, struct str hash)
{
    FOR_ROWS(table, row)
    {
        const struct str *known = row_committed(row); /* the hash comes first in both */
        if (known && str_eq(*known, hash)) {
            return true;
        }
    }
    return false;
}

static void check_alert_counts(const struct incident *in)
{
    int64_t firing = 0, total = 0;
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = row_committed(row);
        if (a && uuid_eq(a->incident, in->id)) {
            total++;
            firing += a->alert.status == ALERT_FIRING;
        }
    }
    CHECK_THAT(COUNTS, firing == in->firing && total == in->total,
               "#%lld says %lld of %lld alerts fire, %lld of %lld do", (long long)in->number,
               (long long)in->firing, (long long)in->total, (long long)firing, (long long)total);
}

static bool has_delivery(const struct incident *in)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = row_committed(row);
        if (d && uuid_eq(d->d.incident, in->id) && d->d.cycle == in->cycle &&
            d->d.kind == NOTICE_PAGE) {
            return true;
        }
    }
    return false;
}

/* Its escalation has come to its end since it began, or began again. */
static bool has_ended(const struct incident *in)
{
    int64_t began = 0, ended = 0;
    FOR_ROWS(TABLE_EVENT, row)
    {
        const struct event_saved *e = row_committed(row);
        if (!e || !uuid_eq(e->incident, in->id)) {
            continue;
        }
        bool begins = e->entry.kind == EVENT_OPENED || e->entry.kind == EVENT_REOPENED ||
                      e->entry.kind == EVENT_UNACKNOWLEDGED || e->entry.kind == EVENT_ESCALATED ||
                      e->entry.kind == EVENT_REASSIGNED || check_severity_moves(&e->entry) ||
                      (e->entry.kind == EVENT_UNMERGED && fact_of(&e->entry, "from").n > 0);
        bool ends =
            e->entry.kind == EVENT_ESCALATION_ENDED || e->entry.kind == EVENT_NOBODY_REACHED;
        began = begins && e->entry.seq > began ? e->entry.seq : began;
        ended = ends && e->entry.seq > ended ? e->entry.seq : ended;
    }
    return ended > began;
}

/* Who did not answer is paged again: some step of the plan is taken. What a person gives back is
 * due at once. */
static bool takes_step(const struct incident *in, const struct row_change *changes, size_t n)
{
    for (int64_t seq = in->seq; seq > 0; seq--) {
        const struct event_saved *e = event_of(changes, n, in->id, seq);
        if (e && !str_eq(e->entry.actor, STR("alertify"))) {
            return in->wake_at != AT_NONE &&
                   (in->wake_at <= database_clock() || e->entry.kind == EVENT_REASSIGNED);
        }
        if (!e || e->entry.kind == EVENT_UNACKNOWLEDGED) {
            return false;
        }
        if (e->entry.kind == EVENT_NOTIFIED || e->entry.kind == EVENT_STEP_SKIPPED ||
            e->entry.kind == EVENT_MUTED || e->entry.kind == EVENT_RUN_REQUESTED) {
            return true;
        }
    }
    return false;
}

static bool is_unacknowledged(const struct incident *old, const struct incident *in)
{
    return old && old->state == INCIDENT_ACKNOWLEDGED && in->state == INCIDENT_OPEN &&
           old->cycle == in->cycle;
}

/* Whoever has opened it: without news it ends. Only the last of the configurations asks for that.
 */
static void check_may_fall_silent(const struct session *s, const struct incident *in)
{
    const struct replica *r = &world.replicas[s->replica.b[0] - 1];
    bool is_asked = r->config == CONFIGS - 1 && str_eq(in->receiver, STR("page"));
    CHECK_THAT(ALONE,
               !is_asked || world.has_reloaded || in->state == INCIDENT_RESOLVED ||
                   in->silent_at != AT_NONE,
               "#%lld is open and waits for news for ever", (long long)in->number);
}

static void check_incident(const struct session *s, const struct incident *old,
                           const struct incident *in, const struct row_change *changes, size_t n)
{
    bool opens = !old || old->cycle != in->cycle;
    check_may_fall_silent(s, in);
    check_timeline(old, in, changes, n);
    check_alert_counts(in);
    CHECK_THAT(ALONE, in->state != INCIDENT_OPEN || in->wake_at != AT_NONE || has_delivery(in),
               "#%lld is open, nobody was told, nobody will be", (long long)in->number);
    CHECK_THAT(ALONE, in->state != INCIDENT_OPEN || in->wake_at != AT_NONE || has_ended(in),
               "#%lld is open, and its escalation stands still", (long long)in->number);
    CHECK_THAT(ALONE, in->state != INCIDENT_RESOLVED || in->wake_at == AT_NONE,
               "#%lld is resolved and its escalation goes on", (long long)in->number);
    const struct event_saved *newest = event_of(changes, n, in->id, in->seq);
    CHECK_THAT(STEPS,
               !newest || newest->entry.kind != EVENT_SNOOZED ||
                   (in->snoozed_until != AT_NONE && in->wake_at != AT_NONE),
               "#%lld is put off for ever", (long long)in->number);
    CHECK_THAT(STEPS, !is_unacknowledged(old, in) || takes_step(in, changes, n),
               "#%lld: nobody answered, and nobody is paged again", (long long)in->number);
    if (opens || !str_eq(old->config_hash, in->config_hash)) {
        CHECK_THAT(I14, is_stored(TABLE_PLAN, in->plan_hash), "#%lld: its plan is not stored",
                   (long long)in->number);
        CHECK_THAT(I14,
                   is_stored(TABLE_CONFIG, in->config_hash) && config_is_known(in->config_hash),
                   "#%lld: its configuration is not stored", (long long)in->number);
        CHECK_THAT(I14, opens, "#%lld: its configuration changes in the middle of a cycle",
                   (long long)in->number);
    }
    if (!uuid_eq(in->held_by_run, (struct uuid){0})) {
        SOMETIMES(HELD_BY_SCRIPT);
    }
}

/* ---- deliveries ------------------------------------------------------------------------------ */

/* By the same way; or to the same person, who has the newer one by another way when theirs has to
 * wait in the very commit that drops the older one. */
static bool is_for_same(const struct contact *a, const struct contact *b)
{
    bool is_same_way = a->channel == b->channel && str_eq(a->address, b->address);
    return is_same_way || (a->user.n > 0 && str_eq(a->user, b->user));
}

static bool is_outrun(const struct delivery_row *d)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *e = row_committed(row);
        if (e && e->d.id > d->d.id && uuid_eq(e->d.incident, d->d.incident) &&
            e->d.kind == NOTICE_PAGE && is_for_same(&e->d.contact, &d->d.contact)) {
            return true;
        }
    }
    return false;
}

static void check_superseded(const struct delivery_row *d)
{
    const struct row *row = row_of_incident(d->d.incident);
    const struct incident *in = row_committed(row);
    bool is_over = in->state != INCIDENT_OPEN || in->cycle != d->d.cycle;
    bool is_old = in->state_seq != d->d.state_seq;
    switch ((int)d->d.kind) {
    case NOTICE_PAGE:
        CHECK_THAT(REASON, is_over || is_old || is_outrun(d) || in->merged_into != 0,
                   "#%lld: a page is dropped for no reason", (long long)in->number);
        break;
    case NOTICE_ACKNOWLEDGED:
    case NOTICE_RESOLVED:
        CHECK_THAT(REASON, is_old, "#%lld: the news of its status is dropped",
                   (long long)in->number);
        break;
    case NOTICE_NOTE:
    case NOTICE_RESULT:
    case NOTICE_STORM:
        CHECK_THAT(REASON, false, "#%lld: a %s is dropped", (long long)in->number,
                   notice_kind_name(d->d.kind));
        break;
    default:
        break;
    }
}

/* Who has heard the end hears it again only of what they were told of since; by whatever way, which
 * may have been another in the meantime. */
static void check_end_is_news(const struct delivery_row *d)
{
    int64_t heard_seq = 0, told_seq = 0;
    const struct incident *in = row_committed(row_of_incident(d->d.incident));
    CHECK_THAT(TOLD, !str_eq(in->receiver, STR("hold")),
               "the receiver of #%lld does not want the end to be told", (long long)in->number);
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *e = row_committed(row);
        if (!e || e == d || !uuid_eq(e->d.incident, d->d.incident) ||
            !is_for_same(&e->d.contact, &d->d.contact)) {
            continue;
        }
        if (e->d.kind != NOTICE_RESOLVED && e->d.state_seq > told_seq) {
            told_seq = e->d.state_seq;
        }
        bool is_same_way = e->d.contact.channel == d->d.contact.channel &&
                           str_eq(e->d.contact.address, d->d.contact.address);
        if (e->d.kind == NOTICE_RESOLVED && is_same_way && e->state == DELIVERY_SENT &&
            e->d.state_seq > heard_seq) {
            heard_seq = e->d.state_seq;
        }
    }
    CHECK_THAT(TOLD, heard_seq == 0 || told_seq > heard_seq,
               "%s:%.*s knows the end, is told of another, and of nothing in between",
               channel_kind_name(d->d.contact.channel), STR_ARG(d->d.contact.address));
}

static bool has_failed(int64_t delivery)
{
    const struct row *row = row_of_delivery(delivery);
    const struct delivery_row *d = row ? row_committed(row) : NULL;
    return d && d->state == DELIVERY_FAILED;
}

static void check_delivery(const struct session *s, const struct delivery_row *old,
                           const struct delivery_row *d)
{
    int64_t id = d->d.id;
    if (!old) {
        if (d->d.kind == NOTICE_RESOLVED) {
            check_end_is_news(d);
        }
        return;
    }
    bool was_sending = old->state == DELIVERY_SENDING;
    bool is_overdue = old->deadline_at < database_clock() || check_clock_has_jumped();
    bool is_taken = d->state == DELIVERY_SENDING || (was_sending && d->d.fence != old->d.fence);
    CHECK_THAT(I11, d->d.fence == old->d.fence + is_taken,
               "delivery %lld: its fence goes from %lld to %lld", (long long)id,
               (long long)old->d.fence, (long long)d->d.fence);
    CHECK_THAT(I11, d->outcomes == old->outcomes || was_sending,
               "delivery %lld: an outcome is written, it was %s", (long long)id,
               delivery_state_name(old->state));
    if (is_taken) {
        CHECK_THAT(I11, !was_sending || is_overdue, "delivery %lld is taken from who sends it",
                   (long long)id);
        if (was_sending) {
            CHECK_THAT(I5, world.is_disturbed, "delivery %lld is taken over, nothing went wrong",
                       (long long)id);
            SOMETIMES(DELIVERY_TAKEN_OVER);
            check_note_unknown(&old->d);
        }
    } else if (was_sending) {
        CHECK_THAT(I11, uuid_eq(old->owner, s->replica),
                   "delivery %lld: another one records its end", (long long)id);
    }
    bool is_end = was_sending && d->state != DELIVERY_SENDING && d->has_outcome;
    if (is_end && d->outcome == OUTCOME_UNKNOWN) {
        check_note_unknown(&old->d);
    }
    bool is_final = old->state == DELIVERY_SENT || old->state == DELIVERY_FAILED ||
                    old->state == DELIVERY_SUPERSEDED || old->state == DELIVERY_COVERED;
    /* The same end again: its first recording was committed and nobody heard of it. */
    bool is_same = d->state == old->state && d->d.fence == old->d.fence;
    bool is_released = old->state == DELIVERY_COVERED && has_failed(old->covered_by);
    CHECK_THAT(I11, !is_final || is_same || is_released || d->d.kind == NOTICE_STORM,
               "delivery %lld was %s, becomes %s", (long long)id, delivery_state_name(old->state),
               delivery_state_name(d->state));
    if (d->state == DELIVERY_COVERED) {
        const struct row *summary = row_of_delivery(d->covered_by);
        CHECK_THAT(COVERED, summary && row_committed(summary), "delivery %lld: no summary names it",
                   (long long)id);
    } else if (old->state == DELIVERY_COVERED) {
        SOMETIMES(PAGE_UNCOVERED);
    }
    if (d->state == DELIVERY_FAILED && d->d.kind == NOTICE_STORM) {
        SOMETIMES(SUMMARY_FAILED);
    }
    if (d->state == DELIVERY_SUPERSEDED && old->state != DELIVERY_SUPERSEDED) {
        check_superseded(d);
    }
    if (d->d.contact.channel != old->d.contact.channel) {
        SOMETIMES(DELIVERY_MOVED_ON);
    }
    check_text_is_clean(d->reason, "the reason of a delivery");
}

/* ---- ledger ---------------------------------------------------------------------------------- */

static int disorder[GROUPS_MAX];
static int late_firing[GROUPS_MAX];
static int64_t newest_start[GROUPS_MAX][ALERTS_MAX], newest_end[GROUPS_MAX][ALERTS_MAX];

void check_rows_reset(void)
{
    memset(disorder, 0, sizeof(disorder));
    memset(late_firing, 0, sizeof(late_firing));
    memset(newest_start, 0, sizeof(newest_start));
    memset(newest_end, 0, sizeof(newest_end));
}

int check_late_firing(int group)
{
    return late_firing[group];
}

int check_disorder(int group)
{
    return disorder[group];
}

static const struct alert_row *alert_said(const struct body *body, const struct said *said)
{
    size_t n;
    char instance[8] = {'i', (char)('0' + said->instance), 0};
    const struct source_group *g = &source_groups(&n)[body->group];
    const struct alert_row *best = NULL;
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = row_committed(row);
        if (a && str_eq(labels_get(a->alert.labels, STR("alertname")), str_from(g->name)) &&
            str_eq(labels_get(a->alert.labels, STR("instance")), str_from(instance)) &&
            (!best || a->alert.starts_at > best->alert.starts_at)) {
            best = a;
        }
    }
    return best;
}

/* A row leaves the queue: what it says is known, or something newer. */
static void check_processed(int64_t id)
{
    const struct body *body = NULL;
    FOR_ROWS(TABLE_INTAKE, row)
    {
        const struct intake_row *intake = row_committed(row);
        if (intake && intake->row.id == id) {
            body = source_body(intake->row.body);
        }
    }
    for (int i = 0; body && body->group >= 0 && i < body->n; i++) {
        const struct said *said = &body->said[i];
        TRACE("ledger row %lld is processed: i%d %s", (long long)id, said->instance,
              said->is_firing ? "firing" : "resolved");
        int64_t *newest = &newest_start[body->group][said->instance];
        int64_t *end = &newest_end[body->group][said->instance];
        if (said->is_firing) {
            const struct alert_row *a = alert_said(body, said);
            CHECK_THAT(I1, a && a->alert.starts_at >= said->starts_at,
                       "ledger row %lld is processed and its alert is nowhere", (long long)id);
            *newest = said->starts_at > *newest ? said->starts_at : *newest;
            late_firing[body->group] += said->starts_at <= *end;
        } else {
            if (said->ends_at <= *newest) {
                disorder[body->group]++;
                SOMETIMES(PROCESSED_OUT_OF_ORDER);
            }
            *end = said->ends_at > *end ? said->ends_at : *end;
        }
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Every two seconds it looks whether it still may; what is under way may take a few calls longer.
 */
static void check_version(const struct session *s)
{
    const struct replica *r = &world.replicas[s->replica.b[0] - 1];
    bool is_well = world.well_since != AT_NONE && sim_now() - world.well_since > 12 * US_PER_S;
    CHECK_THAT(VERSION, r->version >= db.serves_from || !is_well,
               "r%d works by the rules of version %d, the schema needs %d", r->slot, r->version,
               (int)db.serves_from);
}

static void check_change(const struct session *s, const struct row_change *change,
                         const struct row_change *all, size_t n)
{
    switch ((int)change->row->table) {
    case TABLE_INTAKE: {
        const struct intake_row *intake = change->now;
        CHECK_THAT(I2, source_body(intake->row.body) || str_eq(intake->row.source, STR("alertify")),
                   "the ledger holds what nobody has sent");
        break;
    }
    case TABLE_QUEUE:
        if (change->old && !change->now) {
            CHECK_THAT(LEAD, db.lead_owner[LEAD_PROCESS] == s, "r%d processes and does not lead",
                       s->replica.b[0] - 1);
            check_processed(((const struct queue_row *)change->old)->id);
            check_version(s);
        }
        break;
    case TABLE_INCIDENT:
        check_incident(s, change->old, change->now, all, n);
        break;
    case TABLE_DELIVERY: {
        const struct delivery_row *d = change->now;
        check_delivery(s, change->old, d);
        if (d && d->state == DELIVERY_SENDING) {
            const struct incident *in = row_committed(row_of_incident(d->d.incident));
            CHECK_THAT(I7, d->d.kind != NOTICE_PAGE || d->d.state_seq == in->state_seq,
                       "#%lld: a page from before its last change of state is attempted",
                       (long long)in->number);
            check_version(s);
        }
        break;
    }
    case TABLE_EVENT: {
        const struct event_saved *e = change->now;
        for (size_t i = 0; i < e->entry.n_facts; i++) {
            check_text_is_clean(e->entry.facts[i].value, "a timeline");
        }
        if (e->entry.kind == EVENT_NOTIFIED || e->entry.kind == EVENT_RUN_STARTED) {
            check_version(s);
        }
        break;
    }
    case TABLE_RUN: {
        const struct run_row *r = change->now;
        bool is_given_up = r->run.state == RUN_STATE_UNKNOWN;
        CHECK_THAT(RUNS, !is_given_up || world.is_disturbed,
                   "a script is given up, nothing went wrong");
        /* Its replica was there a moment ago, whatever became of the announcements. */
        CHECK_THAT(RUNS,
                   !is_given_up || uuid_eq(r->owner, s->replica) ||
                       database_clock() - r->run.started_at > 4 * US_PER_S ||
                       check_clock_has_jumped(),
                   "a script is given up that has just been started");
        if (r->run.state == RUN_STATE_EXITED && r->run.code != 0) {
            SOMETIMES(RUN_FAILED);
        }
        break;
    }
    default:
        break;
    }
}

void check_rows(const struct session *s, const struct row_change *changes, size_t n)
{
    for (size_t i = 0; i < n && !check_has_failed(); i++) {
        check_change(s, &changes[i], changes, n);
    }
}
