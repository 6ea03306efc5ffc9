#include "base/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const double metric_latency_buckets[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                         0.25,  0.5,    1,     2.5,  5,     10,   0};

enum { VALUE_MAX_BYTES = 128 };

struct metric_child {
    struct metric_child *next;
    struct str values[METRIC_LABELS_MAX];
    double value; /* counter, gauge; histogram: sum */
    uint64_t count;
    uint64_t buckets[METRIC_BUCKETS_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct metric *families; /* by name */

static void register_locked(struct metric *m)
{
    if (m->is_registered) {
        return;
    }
    m->is_registered = true;
    struct metric **at = &families;
    while (*at && strcmp((*at)->name, m->name) < 0) {
        at = &(*at)->next;
    }
    m->next = *at;
    *at = m;
}

static unsigned label_count(const struct metric *m)
{
    unsigned n = 0;
    while (n < METRIC_LABELS_MAX && m->labels[n]) {
        n++;
    }
    return n;
}

/* One value that is not UTF-8 would make Prometheus refuse the whole page. */
static struct str presentable(struct str s)
{
    s = str_clip_utf8(s, VALUE_MAX_BYTES);
    return str_is_utf8(s) ? s : STR("invalid");
}

static struct str copy_value(struct str s)
{
    s = presentable(s);
    char *p = malloc(s.n + 1);
    CHECK(p);
    if (s.n) {
        memcpy(p, s.p, s.n);
    }
    p[s.n] = '\0';
    return (struct str){p, s.n};
}

static struct metric_child *find_child(struct metric *m, const struct str *values)
{
    unsigned n = label_count(m);
    for (struct metric_child *c = m->children; c; c = c->next) {
        unsigned same = 0;
        while (same < n && str_eq(c->values[same], presentable(values[same]))) {
            same++;
        }
        if (same == n) {
            return c;
        }
    }
    return NULL;
}

static struct metric_child *child_locked(struct metric *m, const struct str *values)
{
    static const struct str other[METRIC_LABELS_MAX] = {{"other", 5}, {"other", 5}, {"other", 5}};
    register_locked(m);
    struct metric_child *c = find_child(m, values);
    if (c) {
        return c;
    }
    if (m->n_children >= METRIC_CHILDREN_MAX) {
        values = other;
        if ((c = find_child(m, values))) {
            return c;
        }
    }
    c = calloc(1, sizeof(*c));
    CHECK(c);
    for (unsigned i = 0; i < label_count(m); i++) {
        c->values[i] = copy_value(values[i]);
    }
    c->next = m->children;
    m->children = c;
    m->n_children++;
    return c;
}

void metric_register(struct metric *m)
{
    static const struct str none[METRIC_LABELS_MAX + 1];
    pthread_mutex_lock(&lock);
    register_locked(m);
    if (label_count(m) == 0) {
        child_locked(m, none);
    }
    pthread_mutex_unlock(&lock);
}

void metric_add_(struct metric *m, double by, const struct str *values)
{
    pthread_mutex_lock(&lock);
    child_locked(m, values)->value += by;
    pthread_mutex_unlock(&lock);
}

void metric_set_(struct metric *m, double to, const struct str *values)
{
    pthread_mutex_lock(&lock);
    child_locked(m, values)->value = to;
    pthread_mutex_unlock(&lock);
}

void metric_observe_(struct metric *m, double value, const struct str *values)
{
    pthread_mutex_lock(&lock);
    struct metric_child *c = child_locked(m, values);
    c->value += value;
    c->count++;
    for (unsigned i = 0; i < METRIC_BUCKETS_MAX && m->buckets[i] > 0; i++) {
        if (value <= m->buckets[i]) {
            c->buckets[i]++;
        }
    }
    pthread_mutex_unlock(&lock);
}

double metric_value(struct metric *m, const struct str *values)
{
    pthread_mutex_lock(&lock);
    const struct metric_child *c = find_child(m, values);
    double value = !c ? 0 : m->type == METRIC_TYPE_HISTOGRAM ? (double)c->count : c->value;
    pthread_mutex_unlock(&lock);
    return value;
}

static void render_value(struct strbuf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '"' || c == '\\') {
            strbuf_add_char(out, '\\');
        }
        strbuf_add(out, c == '\n' ? STR("\\n") : (struct str){&s.p[i], 1});
    }
}

static void render_sample(struct strbuf *out, const struct metric *m, const struct metric_child *c,
                          const char *suffix, const char *le, double value)
{
    strbuf_printf(out, "%s%s", m->name, suffix);
    const char *sep = "{";
    for (unsigned i = 0; i < label_count(m); i++) {
        strbuf_printf(out, "%s%s=\"", sep, m->labels[i]);
        render_value(out, c->values[i]);
        strbuf_add_char(out, '"');
        sep = ",";
    }
    if (le) {
        strbuf_printf(out, "%sle=\"%s\"", sep, le);
        sep = ",";
    }
    if (*sep == ',') {
        strbuf_add_char(out, '}');
    }
    strbuf_printf(out, " %.17g\n", value);
}

static void render_child(struct strbuf *out, const struct metric *m, const struct metric_child *c)
{
    if (m->type != METRIC_TYPE_HISTOGRAM) {
        render_sample(out, m, c, "", NULL, c->value);
        return;
    }
    for (unsigned i = 0; i < METRIC_BUCKETS_MAX && m->buckets[i] > 0; i++) {
        char le[32];
        snprintf(le, sizeof(le), "%g", m->buckets[i]);
        render_sample(out, m, c, "_bucket", le, (double)c->buckets[i]);
    }
    render_sample(out, m, c, "_bucket", "+Inf", (double)c->count);
    render_sample(out, m, c, "_sum", NULL, c->value);
    render_sample(out, m, c, "_count", NULL, (double)c->count);
}

void metrics_render(struct strbuf *out)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    pthread_mutex_lock(&lock);
    for (const struct metric *m = families; m; m = m->next) {
        strbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
                      types[m->type]);
        for (const struct metric_child *c = m->children; c; c = c->next) {
            render_child(out, m, c);
        }
    }
    pthread_mutex_unlock(&lock);
}
