/* Alertmanagers: a pair that sends the same groups, repeats them, retries what was not answered
 * 2xx, and now and then is late with an old copy. What they have said is the truth that the rest is
 * checked against. */
#include "sim/source.h"

#include "base/time_units.h"
#include "formats/rfc3339.h"
#include "sim/check.h"
#include "sim/dice.h"
#include "sim/sometimes.h"
#include "sim/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SENDERS = 2 };
#define REPEAT_US (30 * US_PER_S)

struct sender {
    int group;
    uint64_t accepted; /* version of the group that was answered 2xx */
    uint64_t sending;
    bool is_busy;
    const struct body *body;
    int64_t told[ALERTS_MAX]; /* the period of which it has sent that it fires, heard or not */
};

static struct source_group groups[GROUPS_MAX];
static size_t n_groups;
static struct sender senders[SENDERS][GROUPS_MAX];
static VEC(struct body *) bodies;

const struct source_group *source_groups(size_t *ret_n)
{
    *ret_n = n_groups;
    return groups;
}

const struct body *source_body(struct str text)
{
    for (size_t i = bodies.n; i-- > 0;) {
        if (str_eq(bodies.v[i]->text, text)) {
            return bodies.v[i];
        }
    }
    return NULL;
}

/* ---- what a body says ------------------------------------------------------------------------ */

struct text {
    char *p;
    size_t n, room;
};

static void add(struct text *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(t->p + t->n, t->room - t->n, fmt, args);
    va_end(args);
    t->n += (size_t)n;
    CHECK(t->n < t->room);
}

static void add_alert(struct text *t, const struct source_group *g, const struct said *said)
{
    char starts[RFC3339_TEXT_MAX], ends[RFC3339_TEXT_MAX] = "0001-01-01T00:00:00Z";
    rfc3339_format(said->starts_at, RFC3339_MS, starts);
    if (!said->is_firing) {
        rfc3339_format(said->ends_at, RFC3339_MS, ends);
    }
    add(t,
        "{\"status\":\"%s\",\"labels\":{\"alertname\":\"%s\",\"instance\":\"i%d\","
        "\"severity\":\"%s\"},\"annotations\":{\"summary\":\"s\"},\"startsAt\":\"%s\","
        "\"endsAt\":\"%s\",\"generatorURL\":\"\",\"fingerprint\":\"\"}",
        said->is_firing ? "firing" : "resolved", g->name, said->instance,
        g->alerts[said->instance].severity, starts, ends);
}

/* What the group looks like now: what fires, and what has resolved since that was told. */
static const struct body *render(int group, struct sender *sender)
{
    const struct source_group *g = &groups[group];
    char buf[4096];
    struct text t = {buf, 0, sizeof(buf)};
    struct body *body = world_alloc(sizeof(*body));
    body->group = group;
    add(&t, "{\"version\":\"4\",\"receiver\":\"alertify\",\"status\":\"firing\",\"alerts\":[");
    for (int i = 0; i < g->n_alerts; i++) {
        const struct source_alert *a = &g->alerts[i];
        bool is_told = a->is_accepted || (sender && sender->told[i] == a->starts_at);
        if (a->starts_at == AT_NONE || (!a->is_firing && !is_told)) {
            continue;
        }
        if (sender && a->is_firing) {
            sender->told[i] = a->starts_at;
        }
        struct said said = {i, a->is_firing, a->starts_at, a->ends_at};
        add(&t, "%s", body->n ? "," : "");
        add_alert(&t, g, &said);
        body->said[body->n++] = said;
    }
    add(&t, "]}");
    body->text = world_str((struct str){t.p, t.n});
    WORLD_PUSH(&bodies, body);
    return body;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void trace_body(const char *what, const struct body *body)
{
    for (int i = 0; i < body->n && trace_is_on(); i++) {
        trace("webhook %s: %s/i%d %s", what, groups[body->group].name, body->said[i].instance,
              body->said[i].is_firing ? "firing" : "resolved");
    }
}

static void post(const struct body *body, http_answered done, void *arg)
{
    trace_body("sent", body);
    http_send(&(struct http_call){.method = HTTP_POST,
                                  .path = STR("/v1/webhooks/alertmanager/am"),
                                  .body = body->text,
                                  .authorization = STR("Bearer canary-source-credential"),
                                  .done = done,
                                  .arg = arg});
}

static void note_accepted(const struct body *body)
{
    for (int i = 0; i < body->n; i++) {
        struct source_alert *a = &groups[body->group].alerts[body->said[i].instance];
        a->is_accepted |= body->said[i].is_firing && body->said[i].starts_at == a->starts_at;
    }
}

static void try_again(void *arg);
static void flush(void *arg);

static void on_answer(void *arg, int status, struct str answer)
{
    struct sender *s = arg;
    (void)answer;
    if (status == 200) {
        note_accepted(s->body);
        trace_body("accepted", s->body);
        s->accepted = s->sending > s->accepted ? s->sending : s->accepted;
        s->is_busy = false;
        sim_at(sim_now() + US_PER_S, flush, s); /* what has changed meanwhile */
    } else {
        SOMETIMES(WEBHOOK_RETRIED);
        CHECK_THAT(I1, status == 0 || status >= 500, "a good webhook was answered %d", status);
        sim_at(sim_now() + dice_between(US_PER_S / 2, 4 * US_PER_S), try_again, s);
    }
}

static void send_now(struct sender *s)
{
    s->is_busy = true;
    s->sending = groups[s->group].version;
    s->body = render(s->group, s);
    if (s->body->n == 0) {
        s->accepted = s->sending;
        s->is_busy = false;
        return;
    }
    post(s->body, on_answer, s);
}

/* The same again, or what has become of it meanwhile, as the next flush would send it. */
static void try_again(void *arg)
{
    struct sender *s = arg;
    if (s->sending != groups[s->group].version) {
        send_now(s);
    } else {
        post(s->body, on_answer, s);
    }
}

static void flush(void *arg)
{
    struct sender *s = arg;
    if (!s->is_busy && s->accepted != groups[s->group].version) {
        send_now(s);
    }
}

static void repeat(void *arg)
{
    struct sender *s = arg;
    bool fires = false;
    for (int i = 0; i < groups[s->group].n_alerts; i++) {
        fires |= groups[s->group].alerts[i].is_firing;
    }
    if (fires && !s->is_busy) {
        send_now(s);
    }
    sim_at(sim_now() + dice_between(REPEAT_US - US_PER_S, REPEAT_US), repeat, s);
}

/* ---- late copies, garbage -------------------------------------------------------------------- */

static void ignore(void *arg, int status, struct str answer)
{
    (void)arg, (void)status, (void)answer;
}

static void send_late(void *arg)
{
    post(arg, ignore, NULL);
}

/* A copy from before the resolve arrives behind it; of alerts that have not fired anew. */
static void keep_for_later(int group)
{
    for (int i = 0; i < groups[group].n_alerts; i++) {
        const struct source_alert *a = &groups[group].alerts[i];
        if (a->is_firing && !a->is_accepted) {
            return; /* an Alertmanager does not tell the end of what it has not told */
        }
    }
    if (world.chances.late_copies && !world.is_calm && dice_chance(400000)) {
        const struct body *body = render(group, NULL);
        SOMETIMES(STALE_COPY);
        sim_at(sim_now() + dice_between(US_PER_S, 9 * US_PER_S), send_late,
               (void *)(uintptr_t)body);
    }
}

static void on_garbage(void *arg, int status, struct str answer)
{
    (void)arg, (void)answer;
    CHECK_THAT(I1, status != 200, "what nobody can read was answered %d", status);
    if (status == 400) {
        SOMETIMES(QUARANTINED);
    }
}

static void send_garbage(void *arg)
{
    struct body *body = world_alloc(sizeof(*body));
    (void)arg;
    body->text = STR("{\"alerts\":[{\"status\":");
    body->group = -1;
    WORLD_PUSH(&bodies, body);
    post(body, on_garbage, NULL);
}

/* ---- what fires ------------------------------------------------------------------------------ */

/* Bodies have milliseconds. */
static int64_t now_ms(void)
{
    return sim_now() - sim_now() % US_PER_MS;
}

static void change(void *arg)
{
    struct source_alert *a = arg;
    struct source_group *g = &groups[a->group];
    if (world.is_calm) {
        return;
    }
    if (a->is_firing) {
        keep_for_later(a->group);
        a->is_firing = false;
        a->ends_at = now_ms();
    } else {
        a->is_firing = true;
        a->starts_at = now_ms();
        a->ends_at = AT_NONE;
        a->is_accepted = false;
        a->periods++;
        g->periods++;
    }
    g->version++;
    TRACE("%s/i%d %s", g->name, (int)(a - g->alerts), a->is_firing ? "fires" : "is over");
    for (int k = 0; k < SENDERS; k++) {
        int64_t at =
            sim_now() + (k == 0 ? dice_between(0, US_PER_S) : dice_between(US_PER_S, 5 * US_PER_S));
        sim_at(at, flush, &senders[k][a->group]);
    }
    int64_t lasts = a->is_firing ? dice_between(15 * US_PER_S, 150 * US_PER_S)
                                 : dice_between(12 * US_PER_S, 60 * US_PER_S);
    if (g->flaps) {
        lasts = dice_between(12 * US_PER_S, 18 * US_PER_S);
    }
    sim_at(sim_now() + lasts, change, a);
}

/* What leads to the receiver `rest`, in one incident, may be of any severity that no route names.
 */
static const char *severity_of(const struct source_group *g)
{
    static const char *const others[] = {"info", "info", "warning", "fatal"};
    return strcmp(g->severity, "info") == 0 ? others[dice_below(4)] : g->severity;
}

void sources_start(void)
{
    static const char *const severities[] = {"critical", "hold", "fix", "chat", "turn", "info"};
    memset(groups, 0, sizeof(groups));
    memset(senders, 0, sizeof(senders));
    memset(&bodies, 0, sizeof(bodies));
    bool is_storm = dice_chance(150000); /* many groups for one destination, or whose turn it is */
    const char *flood = dice_chance(300000) ? "turn" : "chat";
    n_groups = is_storm ? GROUPS_MAX : 2 + dice_below(4);
    for (size_t i = 0; i < n_groups; i++) {
        struct source_group *g = &groups[i];
        snprintf(g->name, sizeof(g->name), "S%zu", i);
        g->severity = is_storm && i > 1 ? flood : severities[dice_below(6)];
        g->n_alerts = 1 + (int)dice_below(ALERTS_MAX);
        g->flaps = dice_chance(150000);
        for (int a = 0; a < g->n_alerts; a++) {
            g->alerts[a] = (struct source_alert){
                .group = (int)i, .starts_at = AT_NONE, .severity = severity_of(g)};
            int64_t at = is_storm ? dice_between(US_PER_S, 8 * US_PER_S)
                                  : dice_between(US_PER_S, 60 * US_PER_S);
            sim_at(sim_now() + at, change, &g->alerts[a]);
        }
        for (int k = 0; k < SENDERS; k++) {
            senders[k][i].group = (int)i;
            sim_at(sim_now() + dice_between(US_PER_S, REPEAT_US), repeat, &senders[k][i]);
        }
    }
    if (dice_chance(200000)) {
        sim_at(sim_now() + dice_between(0, 100 * US_PER_S), send_garbage, NULL);
    }
}

bool sources_are_quiet(void)
{
    for (int k = 0; k < SENDERS; k++) {
        for (size_t i = 0; i < n_groups; i++) {
            if (senders[k][i].accepted != groups[i].version) {
                return false;
            }
        }
    }
    return true;
}

/* Whatever was not flushed is, from now on. */
void sources_finish(void)
{
    for (int k = 0; k < SENDERS; k++) {
        for (size_t i = 0; i < n_groups; i++) {
            flush(&senders[k][i]);
        }
    }
}
