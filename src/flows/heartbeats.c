#include "flows/heartbeats.h"

#include "base/entropy.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "flows/routes.h"
#include "flows/source_proof.h"
#include "formats/duration.h"
#include "formats/json_write.h"
#include "formats/rfc3339.h"
#include "ports/store_heartbeats.h"
#include "wire/alert_text.h"

enum { BODY_MAX = 8 * 1024 * 1024 };
/* Replicas say every 2 s that they are here; this long without any is an outage. */
#define AWAY_US (30 * US_PER_S)

static struct metric beats_total = METRIC_COUNTER(
    "alertify_heartbeats_total", "Heartbeats by what became of them.", "heartbeat", "result");
static struct metric missed_now =
    METRIC_GAUGE("alertify_heartbeats_missed", "Heartbeats that are missed now.", NULL);

/* ---- the alert of one ------------------------------------------------------------------------ */

struct news {
    const struct heartbeat *heartbeat; /* NULL: it has left the files */
    struct heartbeat_state before, after;
    enum heartbeat_step step;
};

static struct str description(struct arena *arena, const struct news *n)
{
    char every[DURATION_TEXT_MAX], grace[DURATION_TEXT_MAX], at[RFC3339_TEXT_MAX];
    if (!n->heartbeat) {
        return STR("It was missed, and is no longer configured.");
    }
    duration_format(n->heartbeat->every_us, every);
    duration_format(n->heartbeat->grace_us, grace);
    if (n->before.beat_at == AT_NONE) {
        rfc3339_format(n->before.since_at, RFC3339_S, at);
        return str_printf(arena, "It is known since %s and never came; one is due every %s.", at,
                          every);
    }
    rfc3339_format(n->before.beat_at, RFC3339_S, at);
    return str_printf(arena, "The last one came at %s; one is due every %s, with %s of grace.", at,
                      every, grace);
}

static struct str summary(struct arena *arena, const struct news *n)
{
    return n->heartbeat && n->heartbeat->summary.n > 0
               ? n->heartbeat->summary
               : str_printf(arena, "no heartbeat from %.*s", STR_ARG(n->after.name));
}

static void add_alert(struct json_writer *json, struct arena *arena, const struct news *n,
                      int64_t now_at)
{
    char starts[RFC3339_TEXT_MAX], ends[RFC3339_TEXT_MAX];
    bool is_over = n->step == HEARTBEAT_RECOVERED || n->step == HEARTBEAT_LEFT;
    int64_t missed_at = is_over ? n->before.missed_at : n->after.missed_at;
    rfc3339_format(missed_at, RFC3339_US, starts);
    rfc3339_format(now_at, RFC3339_US, ends);
    json_begin_object(json);
    json_put_str(json, "status", is_over ? STR("resolved") : STR("firing"));
    json_put_raw(json, "labels", n->after.alert);
    json_key(json, STR("annotations"));
    json_begin_object(json);
    json_put_str(json, "summary", summary(arena, n));
    json_put_str(json, "description", description(arena, n));
    if (n->step == HEARTBEAT_LEFT) {
        json_put_str(json, "reason", STR("no longer configured")); /* for the timeline */
    }
    json_end_object(json);
    json_put_str(json, "startsAt", str_from(starts));
    json_put_str(json, "endsAt", str_from(is_over ? ends : "0001-01-01T00:00:00Z"));
    json_end_object(json);
}

static bool is_said(const struct news *n)
{
    return n->step == HEARTBEAT_MISSED || n->step == HEARTBEAT_LASTS ||
           n->step == HEARTBEAT_RECOVERED || n->step == HEARTBEAT_LEFT;
}

static struct str body_of(struct arena *arena, const struct news *news, size_t n, int64_t now_at)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, arena, BODY_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
    json_put_str(&json, "version", STR("4"));
    json_put_str(&json, "status", STR("firing"));
    json_put_str(&json, "receiver", STR("alertify"));
    json_key(&json, STR("alerts"));
    json_begin_array(&json);
    for (size_t i = 0; i < n; i++) {
        if (is_said(&news[i])) {
            add_alert(&json, arena, &news[i], now_at);
        }
    }
    json_end_array(&json);
    json_end_object(&json);
    json_end(&json);
    return strbuf_str(&out);
}

/* ---- writing what was decided ---------------------------------------------------------------- */

/* Part of the open transaction. */
static enum status say(struct store *store, struct arena *arena, const struct news *news, size_t n,
                       int64_t now_at, struct err *err)
{
    uint8_t random[10];
    entropy_fill(random, sizeof(random));
    struct ledger_entry entry = {.receipt = uuid_v7(now_at, random),
                                 .source = STR(SELF_ALERT_SOURCE),
                                 .peer = STR("heartbeats"),
                                 .body = body_of(arena, news, n, now_at),
                                 .quarantine = STR_EMPTY};
    return store_ledger_append(store, &entry, 1, err);
}

/* Part of the open transaction. *ret_is_said: the ledger has a new row. */
static enum status write_news(struct store *store, struct arena *arena, struct news *news, size_t n,
                              int64_t now_at, bool *ret_is_said, struct err *err)
{
    struct heartbeat_state *changed = ARENA_ARRAY(arena, struct heartbeat_state, n);
    size_t n_changed = 0;
    *ret_is_said = false;
    for (size_t i = 0; i < n; i++) {
        if (news[i].step == HEARTBEAT_QUIET) {
            continue;
        }
        if (news[i].step == HEARTBEAT_MISSED || news[i].after.alert.n == 0) {
            news[i].after.alert = labels_format_json(arena, news[i].heartbeat->labels);
        }
        *ret_is_said |= is_said(&news[i]);
        changed[n_changed++] = news[i].after;
    }
    if (store_heartbeats_write(store, arena, changed, n_changed, err) != OK) {
        return err->code;
    }
    return *ret_is_said ? say(store, arena, news, n, now_at, err) : OK;
}

static void count(const struct news *news, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum heartbeat_step step = news[i].step;
        if (step == HEARTBEAT_MISSED || step == HEARTBEAT_RECOVERED) {
            metric_add(&beats_total, 1, news[i].after.name, str_from(heartbeat_step_name(step)));
            LOG(LOG_NOTICE, step == HEARTBEAT_MISSED ? "heartbeat missed" : "heartbeat is back",
                KV_STR("heartbeat", news[i].after.name));
        }
    }
}

/* ---- beats ----------------------------------------------------------------------------------- */

bool heartbeat_is_proven(const struct deps *deps, struct exchange *exchange, struct str name)
{
    const struct snapshot *snapshot = configuration_ref(deps->configuration);
    const struct heartbeat *h = settings_heartbeat(snapshot->settings, name);
    bool is_proven = h && h->by && source_is_proven(deps, h->by, exchange);
    configuration_unref(snapshot);
    return is_proven;
}

/* The row, locked; one that nobody has looked at yet is made. */
static enum status lock_states(struct store *store, struct arena *arena, const struct str *names,
                               size_t n, struct heartbeat_state **ret, size_t *ret_n,
                               struct err *err)
{
    if (store_heartbeats(store, arena, names, n, HEARTBEATS_LOCKED, ret, ret_n, err) != OK ||
        *ret_n == n) {
        return err->code;
    }
    if (store_heartbeats_add(store, arena, names, n, err) != OK) {
        return err->code;
    }
    return store_heartbeats(store, arena, names, n, HEARTBEATS_LOCKED, ret, ret_n, err);
}

static void beat(struct news *news, const struct heartbeat *h, int64_t at, int64_t now_at)
{
    news->heartbeat = h;
    enum heartbeat_step step = heartbeat_beat(h, &news->after, at, now_at);
    news->step = step > news->step ? step : news->step;
}

enum status heartbeats_feed(struct store *store, struct arena *arena,
                            const struct settings *settings, const struct heartbeat_fed *fed,
                            size_t n, int64_t now_at, struct err *err)
{
    bool is_said;
    struct heartbeat_state *states;
    size_t n_states = 0, n_names = 0;
    struct str *names = ARENA_ARRAY(arena, struct str, n);
    for (size_t i = 0; i < n; i++) { /* each once */
        bool is_new = true;
        for (size_t k = 0; k < n_names && is_new; k++) {
            is_new = !str_eq(names[k], fed[i].heartbeat->name);
        }
        if (is_new) {
            names[n_names++] = fed[i].heartbeat->name;
        }
    }
    if (n == 0 || lock_states(store, arena, names, n_names, &states, &n_states, err) != OK) {
        return n == 0 ? OK : err->code;
    }
    struct news *news = ARENA_ARRAY(arena, struct news, n_states);
    for (size_t i = 0; i < n_states; i++) {
        news[i] = (struct news){.before = states[i], .after = states[i]};
        for (size_t k = 0; k < n; k++) {
            if (str_eq(fed[k].heartbeat->name, states[i].name)) {
                beat(&news[i], settings_heartbeat(settings, states[i].name), fed[k].at, now_at);
            }
        }
    }
    if (write_news(store, arena, news, n_states, now_at, &is_said, err) != OK) {
        return err->code;
    }
    count(news, n_states);
    return OK;
}

static void answer_beat(struct query *q, const struct heartbeat *h,
                        const struct heartbeat_state *state)
{
    char at[RFC3339_TEXT_MAX];
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, q->arena, 1024);
    json_begin(&json, &out);
    json_begin_object(&json);
    json_put_str(&json, "heartbeat", h->name);
    json_put_str(&json, "status", STR("received"));
    json_put_str(&json, "missed_after",
                 str_from(rfc3339_format(heartbeat_due(h, state), RFC3339_S, at)));
    json_end_object(&json);
    json_end(&json);
    query_answer_json(q, 200, strbuf_str(&out));
}

static enum status take_beat(struct query *q, const struct heartbeat *h, struct err *err)
{
    struct heartbeat_state *states;
    struct news news = {0};
    int64_t now_at;
    size_t n;
    bool is_said;
    if (store_begin(q->store, &now_at, err) != OK ||
        lock_states(q->store, q->arena, &h->name, 1, &states, &n, err) != OK) {
        return err->code;
    }
    CHECK(n == 1);
    news.before = news.after = states[0];
    beat(&news, h, now_at, now_at);
    if (write_news(q->store, q->arena, &news, 1, now_at, &is_said, err) != OK ||
        store_commit(q->store, err) != OK) {
        return err->code;
    }
    count(&news, 1);
    metric_add(&beats_total, 1, h->name, STR("received"));
    if (is_said) {
        mailbox_nudge(q->deps->process);
    }
    answer_beat(q, h, &news.after);
    return OK;
}

enum status api_heartbeat(struct query *q, struct err *err)
{
    const struct snapshot *snapshot = configuration_ref(q->deps->configuration);
    const struct heartbeat *h = settings_heartbeat(snapshot->settings, q->parameter);
    enum status status;
    if (exchange_request(q->exchange)->method == HTTP_HEAD) { /* people look, programs beat */
        err_set_user(err, "a heartbeat is a GET or a POST");
        status = err_set(err, ERR_METHOD, "HEAD");
    } else if (!h) { /* gone since it was proven */
        err_set_user(err, "there is no such heartbeat");
        status = err_set(err, ERR_NOT_FOUND, "no such heartbeat");
    } else {
        status = take_beat(q, h, err);
        if (status != OK) {
            store_rollback(q->store);
        }
    }
    configuration_unref(snapshot);
    return status;
}

/* ---- the watch ------------------------------------------------------------------------------- */

static struct str *names_of(struct arena *arena, const struct settings *s)
{
    struct str *names = ARENA_ARRAY(arena, struct str, s->n_heartbeats);
    for (size_t i = 0; i < s->n_heartbeats; i++) {
        names[i] = s->heartbeats[i].name;
    }
    return names;
}

/* What excuses all of them. */
struct excuse {
    int64_t middle_at, step_us; /* the clock skipped; 0: nobody listened up to now */
};

/* Part of the open transaction. */
static enum status excuse_all(struct store *store, struct arena *arena, const struct settings *s,
                              const struct excuse *excuse, int64_t now_at, struct err *err)
{
    struct heartbeat_state *states;
    size_t n, n_excused = 0;
    if (store_heartbeats(store, arena, names_of(arena, s), s->n_heartbeats, HEARTBEATS_LOCKED,
                         &states, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        const struct heartbeat *h = settings_heartbeat(s, states[i].name);
        struct heartbeat_state state = states[i];
        enum heartbeat_step step =
            excuse->step_us > 0 ? heartbeat_delay(h, &state, excuse->middle_at, excuse->step_us)
                                : heartbeat_excuse(h, &state, now_at);
        if (step == HEARTBEAT_KEPT) {
            states[n_excused++] = state;
        }
    }
    if (store_heartbeats_write(store, arena, states, n_excused, err) != OK) {
        return err->code;
    }
    LOG(LOG_NOTICE,
        excuse->step_us > 0 ? "the clock went forward, heartbeats get as much longer"
                            : "nobody listened for heartbeats for a while, they get longer",
        KV_INT("heartbeats", n_excused));
    return OK;
}

enum status heartbeats_delay(struct deps *deps, struct store *store, struct arena *arena,
                             int64_t middle_at, int64_t step_us, struct err *err)
{
    const struct snapshot *snapshot = configuration_ref(deps->configuration);
    struct excuse excuse = {middle_at, step_us};
    enum status status = OK;
    if (snapshot->settings->n_heartbeats > 0) {
        status = excuse_all(store, arena, snapshot->settings, &excuse, AT_NONE, err);
    }
    configuration_unref(snapshot);
    return status;
}

static enum status excuse_absence(struct store *store, struct arena *arena,
                                  const struct settings *s, struct err *err)
{
    int64_t now_at;
    struct excuse excuse = {0};
    if (store_begin(store, &now_at, err) != OK ||
        excuse_all(store, arena, s, &excuse, now_at, err) != OK) {
        return err->code;
    }
    return store_commit(store, err);
}

enum status heartbeats_return(struct heartbeat_watch *watch, struct deps *deps, struct store *store,
                              struct arena *arena, struct err *err)
{
    int64_t seen_at;
    enum status status = OK;
    if (watch->listened_us != 0 && monotonic_us() - watch->listened_us < AWAY_US) {
        return OK;
    }
    const struct snapshot *snapshot = configuration_ref(deps->configuration);
    if (snapshot->settings->n_heartbeats > 0) {
        status = store_replica_seen(store, &seen_at, err);
        if (status == OK && seen_at != AT_NONE && deps_now(deps) - seen_at > AWAY_US) {
            status = excuse_absence(store, arena, snapshot->settings, err);
            if (status != OK) {
                store_rollback(store);
            }
        }
    }
    configuration_unref(snapshot);
    return status;
}

/* Decides about those that are there. Returns how many have news. */
static size_t look_at(struct arena *arena, const struct settings *s,
                      const struct heartbeat_state *states, size_t n, int64_t now_at,
                      int64_t ledger_age_us, struct news **ret)
{
    struct news *news = ARENA_ARRAY(arena, struct news, n);
    size_t n_news = 0;
    for (size_t i = 0; i < n; i++) {
        struct news one = {.heartbeat = settings_heartbeat(s, states[i].name),
                           .before = states[i],
                           .after = states[i]};
        /* What waits in the ledger may be a beat of it. */
        int64_t until_at = one.heartbeat->has_matchers ? now_at - ledger_age_us : now_at;
        one.step = heartbeat_look(one.heartbeat, &one.after, until_at);
        if (one.step != HEARTBEAT_QUIET) {
            news[n_news++] = one;
        }
    }
    *ret = news;
    return n_news;
}

static enum status watch_all(struct deps *deps, struct store *store, struct arena *arena,
                             const struct settings *s, int64_t ledger_age_us, struct err *err)
{
    struct str *names = names_of(arena, s);
    struct heartbeat_state *states;
    struct news *news;
    int64_t now_at;
    size_t n, missed = 0;
    bool is_said;
    if (store_begin(store, &now_at, err) != OK ||
        store_heartbeats(store, arena, names, s->n_heartbeats, HEARTBEATS_UNLOCKED, &states, &n,
                         err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        missed += states[i].missed_at != AT_NONE;
    }
    metric_set(&missed_now, (double)missed);
    if (now_at - deps_now(deps) > CLOCK_STEP_US) { /* it has just gone forward: clock_watch first */
        store_rollback(store);
        return OK;
    }
    size_t n_news = look_at(arena, s, states, n, now_at, ledger_age_us, &news);
    if (n_news == 0 && n == s->n_heartbeats) {
        store_rollback(store);
        return OK;
    }
    /* Once more with locks: another replica may be as far, a beat may come this moment. */
    for (size_t i = 0; i < n_news; i++) {
        names[i] = news[i].heartbeat->name;
    }
    if (n < s->n_heartbeats &&
        store_heartbeats_add(store, arena, names_of(arena, s), s->n_heartbeats, err) != OK) {
        return err->code;
    }
    if (store_heartbeats(store, arena, names, n_news, HEARTBEATS_CLAIMED, &states, &n, err) != OK) {
        return err->code;
    }
    n_news = look_at(arena, s, states, n, now_at, ledger_age_us, &news);
    if (write_news(store, arena, news, n_news, now_at, &is_said, err) != OK ||
        store_commit(store, err) != OK) {
        return err->code;
    }
    count(news, n_news);
    if (is_said) {
        mailbox_nudge(deps->process);
    }
    return OK;
}

/* ---- what the files have --------------------------------------------------------------------- */

static enum status let_go(struct store *store, struct arena *arena, const struct settings *s,
                          bool *ret_is_said, struct err *err)
{
    const struct str *names = names_of(arena, s);
    struct heartbeat_state *gone;
    int64_t now_at;
    size_t n, n_news = 0;
    if (store_begin(store, &now_at, err) != OK ||
        store_heartbeats_return(store, arena, names, s->n_heartbeats, err) != OK ||
        store_heartbeats_leave(store, arena, names, s->n_heartbeats, &gone, &n, err) != OK) {
        return err->code;
    }
    struct news *news = ARENA_ARRAY(arena, struct news, n);
    for (size_t i = 0; i < n; i++) {
        if (gone[i].missed_at != AT_NONE) {
            news[n_news++] =
                (struct news){.before = gone[i], .after = gone[i], .step = HEARTBEAT_LEFT};
        }
    }
    *ret_is_said = n_news > 0;
    if ((n_news > 0 && say(store, arena, news, n_news, now_at, err) != OK) ||
        store_commit(store, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        LOG(LOG_NOTICE, "heartbeat is no longer configured", KV_STR("heartbeat", gone[i].name));
    }
    return OK;
}

/* What has left the files is not waited for, and its incident is over; what comes back is new. */
static enum status follow_files(struct deps *deps, struct store *store, struct arena *arena,
                                const struct snapshot *snapshot, struct err *err)
{
    const struct settings *s = snapshot->settings;
    bool differs = false, is_said = false;
    if (store_heartbeats_differ(store, arena, names_of(arena, s), s->n_heartbeats, snapshot->hash,
                                &differs, err) != OK ||
        (differs && let_go(store, arena, s, &is_said, err) != OK)) {
        return err->code;
    }
    if (is_said) {
        mailbox_nudge(deps->process);
    }
    return OK;
}

enum status heartbeats_watch(struct heartbeat_watch *watch, struct deps *deps, struct store *store,
                             struct arena *arena, int64_t ledger_age_us, struct err *err)
{
    const struct snapshot *snapshot = configuration_ref(deps->configuration);
    enum status status = OK;
    watch->listened_us = monotonic_us();
    status = follow_files(deps, store, arena, snapshot, err);
    if (status == OK && snapshot->settings->n_heartbeats > 0) {
        status = watch_all(deps, store, arena, snapshot->settings, ledger_age_us, err);
    }
    if (status != OK) {
        store_rollback(store);
    }
    configuration_unref(snapshot);
    return status;
}
