/* What is looked at when a message is sent or taken, a script started, a request answered. */
#include "sim/check.h"

#include "base/time_units.h"
#include "sim/sometimes.h"
#include "sim/source.h"
#include "sim/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A send may last so long, plus what a commit takes. */
#define ON_THE_WIRE_US (9 * US_PER_S)

static const char *const names[] = {
#define X(id, text) #id,
    INVARIANTS(X)
#undef X
};
static const char *const texts[] = {
#define X(id, text) text,
    INVARIANTS(X)
#undef X
};

static enum invariant failed;
static bool has_failed;
static char failure[400];

/* What is known of one delivery and a place that it went to: how often it left, how often it
 * arrived, how often that could not be told. */
struct sending {
    int64_t delivery;
    enum channel_kind channel;
    char address[64];
    int64_t fence;
    int sent, taken, unknown;
};
static VEC(struct sending *) sendings;

/* The newest status that a place was told of an incident. */
struct heard {
    struct uuid incident;
    enum channel_kind channel;
    char address[64];
    int64_t state_seq;
};
static VEC(struct heard *) heards;
static VEC(struct uuid) started;

void check_reset(void)
{
    has_failed = false;
    check_rows_reset();
    memset(&sendings, 0, sizeof(sendings));
    memset(&heards, 0, sizeof(heards));
    memset(&started, 0, sizeof(started));
}

void check_fail(enum invariant invariant, const char *fmt, ...)
{
    va_list args;
    if (has_failed) {
        return; /* the first one is the cause */
    }
    has_failed = true;
    failed = invariant;
    va_start(args, fmt);
    vsnprintf(failure, sizeof(failure), fmt, args);
    va_end(args);
    TRACE("VIOLATION %s: %s", names[failed], failure);
    sim_stop();
}

bool check_has_failed(void)
{
    return has_failed;
}

const char *check_invariant(void)
{
    return names[failed];
}

const char *check_text(void)
{
    static char text[600];
    snprintf(text, sizeof(text), "%s (%s)", failure, texts[failed]);
    return text;
}

/* ---- messages -------------------------------------------------------------------------------- */

static struct sending *sending_of(int64_t delivery, enum channel_kind channel, struct str address)
{
    for (size_t i = 0; i < sendings.n; i++) {
        struct sending *s = sendings.v[i];
        if (s->delivery == delivery && s->channel == channel &&
            str_eq(str_from(s->address), address)) {
            return s;
        }
    }
    struct sending *s = world_alloc(sizeof(*s));
    s->delivery = delivery;
    s->channel = channel;
    memcpy(s->address, address.p, address.n);
    s->fence = -1;
    WORLD_PUSH(&sendings, s);
    return s;
}

void check_note_unknown(const struct delivery *d)
{
    sending_of(d->id, d->contact.channel, d->contact.address)->unknown++;
}

static const struct delivery_row *delivery_of(const struct letter *letter)
{
    struct row *row = row_of_delivery(letter->delivery);
    const struct delivery_row *d = row ? row_committed(row) : NULL;
    CHECK_THAT(I7, d, "delivery %lld is sent, but is not committed", (long long)letter->delivery);
    return d;
}

bool check_clock_has_jumped(void)
{
    return world.clock_stepped_at != AT_NONE && sim_now() - world.clock_stepped_at < 20 * US_PER_S;
}

/* By a clock that is ahead, what a dead sender left on the wire is overdue before it arrives. */
static bool has_overdue_sends(void)
{
    return world.clock_ahead_at != AT_NONE && sim_now() - world.clock_ahead_at < 20 * US_PER_S;
}

/* A newer page to the same place is on its way there, or has been. */
static bool is_behind_newer(const struct delivery_row *d)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *e = row_committed(row);
        bool counts = e && (e->state == DELIVERY_SENDING || e->state == DELIVERY_SENT);
        if (counts && e->d.kind == NOTICE_PAGE && d->d.kind == NOTICE_PAGE && e->d.id > d->d.id &&
            e->d.cycle == d->d.cycle && uuid_eq(e->d.incident, d->d.incident) &&
            e->d.contact.channel == d->d.contact.channel &&
            str_eq(e->d.contact.user, d->d.contact.user) &&
            str_eq(e->d.contact.address, d->d.contact.address)) {
            return true;
        }
    }
    return false;
}

void check_sent(const struct letter *letter, struct uuid by, int64_t timeout_us)
{
    const struct delivery_row *d = delivery_of(letter);
    struct sending *s = sending_of(letter->delivery, letter->channel, str_from(letter->address));
    if (!d) {
        return;
    }
    CHECK_THAT(I11,
               (d->state == DELIVERY_SENDING && uuid_eq(d->owner, by)) || check_clock_has_jumped(),
               "delivery %lld is sent by who does not hold it", (long long)letter->delivery);
    CHECK_THAT(I11, database_clock() + timeout_us <= d->deadline_at || check_clock_has_jumped(),
               "delivery %lld may be sent for longer than it is held", (long long)letter->delivery);
    CHECK_THAT(I9, !is_behind_newer(d) || check_clock_has_jumped() || has_overdue_sends(),
               "#%lld: an older page goes to %s behind a newer one",
               (long long)letter->incident_number, letter->address);
    CHECK_THAT(I5, s->fence != d->d.fence || check_clock_has_jumped(),
               "delivery %lld leaves twice in one attempt", (long long)letter->delivery);
    CHECK_THAT(I6,
               s->unknown == 0 || letter->may_be_repeated || letter->kind == NOTICE_STORM ||
                   check_clock_has_jumped(),
               "delivery %lld may be a repeat and does not say so", (long long)letter->delivery);
    CHECK_THAT(TOLD, letter->kind != NOTICE_RESOLVED || strcmp(letter->state, "resolved") == 0,
               "#%lld: people hear that it is over, it is %s", (long long)letter->incident_number,
               letter->state);
    CHECK_THAT(TOLD,
               letter->kind != NOTICE_ACKNOWLEDGED || strcmp(letter->state, "acknowledged") == 0,
               "#%lld: people hear that it is acknowledged, it is %s",
               (long long)letter->incident_number, letter->state);
    s->fence = d->d.fence;
    s->sent++;
}

static void check_order(const struct letter *letter, int64_t state_seq)
{
    struct heard *known = NULL;
    for (size_t i = 0; i < heards.n && !known; i++) {
        struct heard *h = heards.v[i];
        if (uuid_eq(h->incident, letter->incident) && h->channel == letter->channel &&
            strcmp(h->address, letter->address) == 0) {
            known = h;
        }
    }
    if (!known) {
        known = world_alloc(sizeof(*known));
        known->incident = letter->incident;
        known->channel = letter->channel;
        memcpy(known->address, letter->address, sizeof(known->address));
        WORLD_PUSH(&heards, known);
    }
    CHECK_THAT(I9, state_seq >= known->state_seq || check_clock_has_jumped() || has_overdue_sends(),
               "#%lld: %s:%s hears of entry %lld behind that of %lld",
               (long long)letter->incident_number, channel_kind_name(letter->channel),
               letter->address, (long long)state_seq, (long long)known->state_seq);
    known->state_seq = state_seq > known->state_seq ? state_seq : known->state_seq;
}

/* Since when the page is not wanted any more; AT_NONE: it is. In virtual time. */
static int64_t unwanted_since(const struct letter *letter, const struct delivery_row *d)
{
    struct row *row = row_of_incident(letter->incident);
    const struct incident *in = row ? row_committed(row) : NULL;
    if (!in || (in->state == INCIDENT_OPEN && in->cycle == d->d.cycle)) {
        return AT_NONE;
    }
    int64_t since = AT_NONE;
    FOR_ROWS(TABLE_EVENT, e)
    {
        const struct event_saved *event = row_committed(e);
        bool is_end = event && uuid_eq(event->incident, letter->incident) &&
                      event->cycle == d->d.cycle &&
                      (event->entry.kind == EVENT_ACKNOWLEDGED ||
                       event->entry.kind == EVENT_SNOOZED || event->entry.kind == EVENT_RESOLVED);
        if (is_end && event->entry.seq > d->d.state_seq && since == AT_NONE) {
            since = event->written_us;
        }
    }
    return since;
}

void check_taken(const struct letter *letter)
{
    const struct delivery_row *d = delivery_of(letter);
    struct sending *s = sending_of(letter->delivery, letter->channel, str_from(letter->address));
    if (!d) {
        return;
    }
    s->taken++;
    if (letter->kind == NOTICE_STORM) {
        if (s->taken > 1) {
            SOMETIMES(SUMMARY_EDITED);
        }
        return;
    }
    if (s->taken > 1) {
        SOMETIMES(COPY_SENT_TWICE);
    }
    CHECK_THAT(I5, s->taken == 1 || s->unknown > 0, "delivery %lld arrives %d times",
               (long long)letter->delivery, s->taken);
    CHECK_THAT(I6, s->taken <= 1 + s->unknown,
               "delivery %lld arrives %d times, with %d attempts of unknown end",
               (long long)letter->delivery, s->taken, s->unknown);
    if (letter->kind == NOTICE_PAGE) {
        int64_t since = unwanted_since(letter, d);
        if (since != AT_NONE) {
            SOMETIMES(TAKEN_AFTER_ACK);
        }
        CHECK_THAT(I7, since == AT_NONE || sim_now() - since < ON_THE_WIRE_US,
                   "#%lld: a page arrives %.1f s after nobody wanted it any more",
                   (long long)letter->incident_number, (double)(sim_now() - since) / 1e6);
    }
    if (letter->kind == NOTICE_PAGE || letter->kind == NOTICE_ACKNOWLEDGED ||
        letter->kind == NOTICE_RESOLVED) {
        check_order(letter, d->d.state_seq);
    }
    check_text_is_clean((struct str){letter->address, strlen(letter->address)}, "a message");
}

void check_started(struct uuid run)
{
    for (size_t i = 0; i < started.n; i++) {
        CHECK_THAT(I10, !uuid_eq(started.v[i], run), "a script is started twice");
    }
    WORLD_PUSH(&started, run);
    const struct run *known = NULL;
    FOR_ROWS(TABLE_RUN, row)
    {
        const struct run_row *r = row_committed(row);
        known = r && uuid_eq(r->run.id, run) ? &r->run : known;
    }
    CHECK_THAT(I10, known && (known->state == RUN_STATE_STARTED || check_clock_has_jumped()),
               "a script is started before that is committed");
    CHECK_THAT(I10,
               !known || check_clock_has_jumped() ||
                   database_clock() - known->started_at < 8 * US_PER_S,
               "a script starts long after it was said to");
}

/* ---- answers --------------------------------------------------------------------------------- */

static bool is_in_ledger(struct str receipt)
{
    struct uuid id;
    if (!uuid_parse(receipt, &id)) {
        return false;
    }
    FOR_ROWS(TABLE_INTAKE, row)
    {
        const struct intake_row *intake = row_committed(row);
        if (intake && uuid_eq(intake->receipt, id)) {
            return true;
        }
    }
    return false;
}

void check_answer(const struct http_call *call, int status, struct str body)
{
    static const struct str before = STR("{\"receipt\":\"");
    bool is_webhook = str_starts_with(call->path, STR("/v1/webhooks/"));
    if (is_webhook && status == 200) {
        struct str receipt = str_slice(body, before.n, before.n + UUID_TEXT);
        CHECK_THAT(I1, str_starts_with(body, before) && is_in_ledger(receipt),
                   "a webhook is answered 200 and is not in the ledger");
    }
    check_text_is_clean(body, "an answer");
}

void check_text_is_clean(struct str text, const char *where)
{
    CHECK_THAT(I15, !memmem(text.p, text.n, "canary-", 7), "a secret is in %s", where);
}
