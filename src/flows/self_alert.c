#include "flows/self_alert.h"

#include "base/heap.h"
#include "base/time_units.h"
#include "formats/json_write.h"
#include "formats/rfc3339.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

ENUM_DEFINE(self_alert, SELF_ALERTS)

enum { DETAIL_MAX = 1000, BODY_MAX = 64 * 1024 };

/* What lasts is said again, as Alertmanager would. */
#define REPEAT_US (10 * US_PER_MIN)

/* So long after it has happened, for what is over at once. */
#define LASTS_US (30 * US_PER_MIN)

static const struct {
    const char *severity, *summary;
    int64_t lasts_us; /* 0: until it is cleared */
} texts[self_alert_COUNT] = {
    [SELF_CONFIG] = {.severity = "warning",
                     .summary = "alertify did not take over its routing files; the last good ones "
                                "are in force"},
    [SELF_TEMPLATE] = {.severity = "warning",
                       .summary = "a message template failed; messages go out with the built-in "
                                  "one"},
    [SELF_NOBODY] = {.severity = "critical",
                     .summary = "an escalation reached nobody, or only the catch-all",
                     .lasts_us = LASTS_US},
    [SELF_CLOCK] = {.severity = "warning",
                    .summary = "the database server's clock went back; alertify's own goes on, a "
                               "little slower, until that has caught up"},
    [SELF_STEP] = {.severity = "warning",
                   .summary =
                       "the database server's clock went forward, so what was due came early",
                   .lasts_us = LASTS_US},
};

struct self_condition {
    bool is_raised;
    char detail[DETAIL_MAX + 1];
    uint64_t version, taken, told; /* of the news; taken: on its way to the ledger */
    int64_t told_us;
    int64_t raised_us; /* when the status flow saw that it is; 0: not yet */
};

struct self_alerts {
    pthread_mutex_t lock;
    struct self_condition conditions[self_alert_COUNT];
};

struct self_alerts *self_alerts_new(void)
{
    struct self_alerts *s = HEAP_NEW(struct self_alerts);
    pthread_mutex_init(&s->lock, NULL);
    for (int i = 0; i < self_alert_COUNT; i++) {
        s->conditions[i].version = 1;
    }
    return s;
}

void self_alerts_free(struct self_alerts *s)
{
    if (s) {
        pthread_mutex_destroy(&s->lock);
        heap_free(s);
    }
}

void self_alert_raise(struct self_alerts *s, enum self_alert kind, struct str detail)
{
    struct self_condition *c = &s->conditions[kind];
    struct str kept = str_clip_utf8(detail, DETAIL_MAX);
    pthread_mutex_lock(&s->lock);
    c->version += !c->is_raised || !str_eq(str_from(c->detail), kept);
    c->is_raised = true;
    c->raised_us = 0;
    memcpy(c->detail, kept.p, kept.n);
    c->detail[kept.n] = '\0';
    pthread_mutex_unlock(&s->lock);
}

static bool reached_nobody(const struct decision *d)
{
    bool is_nobody = false;
    for (size_t i = 0; i < d->events.n; i++) {
        const struct timeline_entry *entry = &d->events.v[i];
        is_nobody |= entry->kind == EVENT_NOBODY_REACHED;
        for (size_t k = 0; entry->kind == EVENT_ESCALATION_ENDED && k < entry->n_facts; k++) {
            is_nobody |= strcmp(entry->facts[k].name, "told_before_catch_all") == 0 &&
                         str_eq(entry->facts[k].value, STR("no"));
        }
    }
    return is_nobody && !str_eq(d->incident.service, STR("alertify"));
}

void self_alert_watch(struct self_alerts *s, const struct decision *const *decisions, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct incident *in = &decisions[i]->incident;
        if (reached_nobody(decisions[i])) {
            char detail[DETAIL_MAX];
            snprintf(detail, sizeof(detail),
                     "incident \"%.*s\" of receiver %.*s; alertify why tells which steps reached "
                     "nobody, and alertify check what is wrong with them",
                     (int)(in->title.n < 200 ? in->title.n : 200), in->title.p,
                     STR_ARG(in->receiver));
            self_alert_raise(s, SELF_NOBODY, str_from(detail));
        }
    }
}

void self_alert_clear(struct self_alerts *s, enum self_alert kind)
{
    struct self_condition *c = &s->conditions[kind];
    pthread_mutex_lock(&s->lock);
    c->version += c->is_raised;
    c->is_raised = false;
    pthread_mutex_unlock(&s->lock);
}

bool self_alert_is_raised(struct self_alerts *s, enum self_alert kind)
{
    pthread_mutex_lock(&s->lock);
    bool is_raised = s->conditions[kind].is_raised;
    pthread_mutex_unlock(&s->lock);
    return is_raised;
}

static void add_alert(struct json_writer *w, enum self_alert kind, const struct self_condition *c,
                      struct str replica, const char *at)
{
    json_begin_object(w);
    json_put_str(w, "status", c->is_raised ? STR("firing") : STR("resolved"));
    json_key(w, STR("labels"));
    json_begin_object(w);
    json_put_str(w, "alertname", str_from(self_alert_name(kind)));
    json_put_str(w, "service", STR("alertify"));
    json_put_str(w, "severity", str_from(texts[kind].severity));
    json_put_str(w, "replica", replica);
    json_end_object(w);
    json_key(w, STR("annotations"));
    json_begin_object(w);
    json_put_str(w, "summary", str_from(texts[kind].summary));
    json_put_str(w, "description", str_from(c->detail));
    json_end_object(w);
    json_put_str(w, "startsAt", str_from(at));
    json_put_str(w, "endsAt", str_from(c->is_raised ? "0001-01-01T00:00:00Z" : at));
    json_end_object(w);
}

static void end_if_over(struct self_condition *c, int64_t lasts_us, int64_t now_us)
{
    if (!c->is_raised || lasts_us == 0) {
        return;
    }
    if (c->raised_us == 0) {
        c->raised_us = now_us;
    } else if (now_us - c->raised_us >= lasts_us) {
        c->is_raised = false;
        c->version++;
    }
}

struct str self_alerts_news(struct self_alerts *s, struct arena *arena, struct str replica,
                            int64_t at, int64_t now_us)
{
    struct strbuf out;
    struct json_writer w;
    char time[RFC3339_TEXT_MAX];
    bool has_news = false;
    rfc3339_format(at, RFC3339_MS, time);
    strbuf_init(&out, arena, BODY_MAX);
    json_begin(&w, &out);
    json_begin_object(&w);
    json_put_str(&w, "version", STR("4"));
    json_put_str(&w, "status", STR("firing"));
    json_put_str(&w, "receiver", STR("alertify"));
    json_key(&w, STR("alerts"));
    json_begin_array(&w);
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < self_alert_COUNT; i++) {
        struct self_condition *c = &s->conditions[i];
        end_if_over(c, texts[i].lasts_us, now_us);
        bool lasts = c->is_raised && now_us - c->told_us >= REPEAT_US;
        if (c->version != c->told || lasts) {
            add_alert(&w, (enum self_alert)i, c, replica, time);
            c->taken = c->version;
            has_news = true;
        }
    }
    pthread_mutex_unlock(&s->lock);
    json_end_array(&w);
    json_end_object(&w);
    json_end(&w);
    return has_news ? strbuf_str(&out) : STR_EMPTY;
}

void self_alerts_told(struct self_alerts *s, int64_t now_us)
{
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < self_alert_COUNT; i++) {
        struct self_condition *c = &s->conditions[i];
        if (c->taken != 0) {
            c->told = c->taken;
            c->told_us = now_us;
            c->taken = 0;
        }
    }
    pthread_mutex_unlock(&s->lock);
}
