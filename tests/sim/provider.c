/* Channels whose messages the simulation can read, and the providers behind them: they take a
 * message, refuse it, ask to wait, are silent, or take it and lose the answer. */
#include "channels/channel.h"
#include "sim/world.h"

#include "base/time_units.h"
#include "sim/check.h"
#include "sim/dice.h"
#include "sim/sometimes.h"
#include "sim/trace.h"

#include <stdio.h>
#include <string.h>

/* ---- the channels ---------------------------------------------------------------------------- */

static void put(char *to, size_t size, struct str from)
{
    CHECK(from.n < size);
    memcpy(to, from.p, from.n);
    to[from.n] = '\0';
}

static int64_t number_of(struct str id)
{
    int64_t n = 0;
    for (size_t i = 0; i < id.n && id.p[i] != '.'; i++) {
        n = n * 10 + (id.p[i] - '0');
    }
    return n;
}

static enum status build(const struct channel_settings *settings, struct speech *speech,
                         bool is_plain, struct transfer_request *ret, struct err *err)
{
    const struct message *m = speech->message;
    struct arena *a = speech->arena;
    static const struct str behind = STR("/a/");
    struct letter *letter = ARENA_NEW(a, struct letter);
    (void)settings, (void)is_plain, (void)err;
    letter->delivery = number_of(m->id);
    letter->incident_number = m->incident_number;
    CHECK(uuid_parse(m->incident_id, &letter->incident));
    letter->kind = m->kind;
    letter->channel = m->to.channel;
    letter->round = m->round;
    letter->step = m->step;
    letter->may_be_repeated = m->may_be_repeated;
    letter->is_edit = m->earlier_ref.n > 0;
    put(letter->address, sizeof(letter->address), m->to.address);
    put(letter->user, sizeof(letter->user), m->to.user);
    put(letter->state, sizeof(letter->state), m->state);
    for (size_t i = 0; i + behind.n < m->ack_url.n; i++) {
        if (memcmp(m->ack_url.p + i, behind.p, behind.n) == 0) {
            put(letter->ack_token, sizeof(letter->ack_token),
                str_slice(m->ack_url, i + behind.n, m->ack_url.n));
            break;
        }
    }
    *ret = (struct transfer_request){.kind = TRANSFER_HTTP,
                                     .url = STR("https://provider.example.org/"),
                                     .method = STR("POST"),
                                     .body = {(const char *)letter, sizeof(*letter)}};
    return OK;
}

static void classify(const struct message *m, const struct transfer_reply *reply, struct arena *a,
                     struct outcome *ret)
{
    (void)m;
    *ret = (struct outcome){.kind = OUTCOME_UNKNOWN,
                            .scope = SCOPE_DESTINATION,
                            .ref = STR_EMPTY,
                            .moved_to = STR_EMPTY,
                            .reason = str_dup(a, reply->detail)};
    if (reply->end == TRANSFER_NOT_SENT) {
        ret->kind = OUTCOME_TEMP;
    } else if (reply->end == TRANSFER_REPLIED) {
        ret->kind = reply->status == 200                           ? OUTCOME_OK
                    : reply->status == 429 || reply->status >= 500 ? OUTCOME_TEMP
                                                                   : OUTCOME_PERM;
        ret->scope = reply->status == 400 ? SCOPE_PAYLOAD : SCOPE_DESTINATION;
        ret->hint_us = reply->retry_after_us;
        ret->ref = reply->status == 200 ? str_dup(a, reply->body) : STR_EMPTY;
    }
}

const struct channel *channel_of(enum channel_kind kind)
{
    static struct channel channels[channel_kind_COUNT];
    channels[kind] = (struct channel){.kind = kind, .build = build, .classify = classify};
    return &channels[kind];
}

/* ---- transfers ------------------------------------------------------------------------------- */

struct flight {
    struct flight *next; /* among those that have ended */
    struct transfers *transfers;
    struct letter letter;
    struct transfer_reply reply;
    transfer_done done;
    void *arg;
    bool is_taken_first; /* the provider has it before anything goes wrong */
};

struct transfers {
    struct replica *replica;
    struct flight *ended, **ended_tail;
    size_t in_flight;
    struct task *waiting;
    bool is_awake, is_gone;
};

struct transfers *transfers_new(struct replica *r)
{
    struct transfers *t = world_alloc(sizeof(*t));
    t->replica = r;
    t->ended_tail = &t->ended;
    return t;
}

void transfers_lose(struct transfers *t)
{
    t->is_gone = true;
    t->waiting = NULL;
}

static void wake(struct transfers *t)
{
    if (t->waiting && !t->is_gone) {
        task_wake(t->waiting);
    }
}

static void take(void *arg)
{
    struct flight *f = arg;
    TRACE("provider takes %s of #%lld to %s:%s, delivery %lld%s", notice_kind_name(f->letter.kind),
          (long long)f->letter.incident_number, channel_kind_name(f->letter.channel),
          f->letter.address, (long long)f->letter.delivery,
          f->letter.may_be_repeated ? ", possibly a repeat" : "");
    check_taken(&f->letter);
    people_receive(&f->letter);
}

static void reply(void *arg)
{
    struct flight *f = arg;
    struct transfers *t = f->transfers;
    if (!t->is_gone) {
        *t->ended_tail = f;
        t->ended_tail = &f->next;
        wake(t);
    }
}

static const char *fate_name;

/* What becomes of it: when the provider has it (or never), when we hear, and what. */
static void draw_fate(struct flight *f, int64_t *ret_taken_at, int64_t *ret_reply_at)
{
    const struct chances *c = &world.chances;
    int64_t now = sim_now(), quick = dice_between(2000, 400000);
    unsigned trouble = world.is_calm ? 0 : 100;
    unsigned what = (unsigned)dice_below(1000);
    *ret_taken_at = now + quick / 2;
    *ret_reply_at = now + quick;
    f->reply = (struct transfer_reply){
        .end = TRANSFER_REPLIED, .status = 200, .body = STR("ref"), .detail = STR("OK")};
    fate_name = "ok";
    if (what < trouble && c->provider_errors) {
        static const int statuses[] = {500, 503, 502, 400, 404};
        f->reply.status = statuses[dice_below(5)];
        f->reply.detail = STR("refused");
        f->reply.body = STR_EMPTY;
        *ret_taken_at = AT_NONE;
        fate_name = "error";
        SOMETIMES(PROVIDER_ERROR);
    } else if (what < 2 * trouble && c->provider_waits) {
        f->reply.status = 429;
        f->reply.retry_after_us = dice_between(1, 15) * US_PER_S;
        f->reply.detail = STR("429");
        f->reply.body = STR_EMPTY;
        *ret_taken_at = AT_NONE;
        fate_name = "asks to wait";
        SOMETIMES(PROVIDER_ASKS_TO_WAIT);
    } else if (what < 3 * trouble && c->provider_silence) {
        bool is_sent = dice_chance(500000);
        f->reply = (struct transfer_reply){.end = is_sent ? TRANSFER_BROKEN : TRANSFER_NOT_SENT,
                                           .body = STR_EMPTY,
                                           .detail = is_sent ? STR("timeout") : STR("refused")};
        *ret_taken_at = AT_NONE;
        *ret_reply_at = is_sent ? now + 8 * US_PER_S : now + quick;
        fate_name = "is silent";
        SOMETIMES(PROVIDER_SILENT);
    } else if (what < 4 * trouble && c->provider_loses_answer) {
        f->reply = (struct transfer_reply){
            .end = TRANSFER_BROKEN, .body = STR_EMPTY, .detail = STR("connection reset")};
        *ret_reply_at = now + dice_between(quick, 8 * US_PER_S);
        fate_name = "takes it, its answer is lost";
        SOMETIMES(PROVIDER_ANSWER_LOST);
    } else if (what < 4 * trouble + 100) {
        *ret_taken_at = now + dice_between(quick, 8 * US_PER_S);
        *ret_reply_at = *ret_taken_at + quick / 2;
        fate_name = "is slow";
        SOMETIMES(PROVIDER_SLOW);
    }
}

/* The sender waits so long and no longer. What the provider would take later it does not get. */
static void fit_timeout(struct flight *f, int64_t timeout_us, int64_t *taken_at, int64_t *reply_at)
{
    int64_t until = sim_now() + timeout_us;
    CHECK(timeout_us > 0);
    if (*reply_at > until) {
        f->reply = (struct transfer_reply){
            .end = TRANSFER_BROKEN, .body = STR_EMPTY, .detail = STR("timeout")};
        *reply_at = until;
        *taken_at = *taken_at > until ? AT_NONE : *taken_at;
    }
}

enum status transfer_submit(struct transfers *t, const struct transfer_request *request,
                            transfer_done done, void *arg, struct err *err)
{
    struct flight *f = world_alloc(sizeof(*f));
    int64_t taken_at, reply_at;
    (void)err;
    CHECK(request->body.n == sizeof(f->letter));
    memcpy(&f->letter, request->body.p, sizeof(f->letter));
    f->transfers = t;
    f->done = done;
    f->arg = arg;
    check_sent(&f->letter, t->replica->deps->replica, request->timeout_us);
    draw_fate(f, &taken_at, &reply_at);
    fit_timeout(f, request->timeout_us, &taken_at, &reply_at);
    world.is_disturbed |= f->reply.end != TRANSFER_REPLIED || f->reply.status != 200;
    TRACE("r%d sends %s of #%lld to %s:%s, delivery %lld; the provider %s", t->replica->slot,
          notice_kind_name(f->letter.kind), (long long)f->letter.incident_number,
          channel_kind_name(f->letter.channel), f->letter.address, (long long)f->letter.delivery,
          fate_name);
    t->in_flight++;
    if (taken_at != AT_NONE) {
        sim_at(taken_at, take, f);
    }
    sim_at(reply_at, reply, f);
    return OK;
}

void transfers_run(struct transfers *t, int64_t timeout_us)
{
    if (!t->ended && !t->is_awake && timeout_us > 0) {
        t->waiting = task_current();
        (void)task_wait(timeout_us);
        t->waiting = NULL;
    }
    t->is_awake = false;
    while (t->ended) {
        struct flight *f = t->ended;
        t->ended = f->next;
        t->ended_tail = t->ended ? t->ended_tail : &t->ended;
        t->in_flight--;
        f->done(f->arg, &f->reply);
    }
}

void transfers_wake(struct transfers *t)
{
    t->is_awake = true;
    wake(t);
}

size_t transfers_in_flight(const struct transfers *t)
{
    return t->in_flight;
}
