#include "channels/summary.h"

#include "channels/clean.h"
#include "channels/phrases.h"

#include <ctype.h>

const struct summary_limits summary_limits_default = {
    .title = 200, .value = 300, .alert = 200, .text = 2000, .alerts = STORM_ITEMS_MAX};

enum { NAME_MAX_UNITS = 80, SEVERITY_MAX_UNITS = 24, TEXT_MAX_BYTES = 64 * 1024 };

/* Names that say where; the rest of the labels follows in their own order. */
static const char *const placing[] = {"instance", "host", "pod", "device", "job"};
/* Already in the headline or the facts. */
static const char *const said_elsewhere[] = {"alertname", "severity", "service"};

static bool is_in(struct str name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(name, str_from(names[i]))) {
            return true;
        }
    }
    return false;
}

#define IS_IN(name, names) is_in(name, names, sizeof(names) / sizeof((names)[0]))

static struct str say(enum phrase phrase, const struct message *m)
{
    return str_from(phrase_say(phrase, m->to.language));
}

static int64_t us_since(int64_t from_at, int64_t to_at)
{
    return from_at == AT_NONE || to_at == AT_NONE || to_at < from_at ? 0 : to_at - from_at;
}

bool summary_wants_ack(const struct message *m)
{
    if (m->kind == NOTICE_REMINDER || m->kind == NOTICE_STORM) {
        return m->ack_url.n > 0; /* a reminder's, pressed again, says: still on it */
    }
    bool is_over = m->kind == NOTICE_ACKNOWLEDGED || m->kind == NOTICE_RESOLVED ||
                   m->acked_at != AT_NONE || m->resolved_at != AT_NONE;
    return !is_over && m->ack_url.n > 0;
}

static struct str severity_mark(struct str severity)
{
    static const struct {
        const char *name, *mark;
    } marks[] = {
        {"critical", "🔴"}, {"emergency", "🔴"}, {"page", "🔴"}, {"high", "🔴"},
        {"info", "🔵"},     {"none", "🔵"},      {"low", "🔵"},
    };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (str_eq_nocase(severity, str_from(marks[i].name))) {
            return str_from(marks[i].mark);
        }
    }
    return STR("🟠");
}

static struct str upper(struct arena *a, struct str s)
{
    char *p = arena_dup(a, s.p, s.n);
    for (size_t i = 0; i < s.n; i++) {
        p[i] = (char)toupper((unsigned char)p[i]);
    }
    return (struct str){p, s.n};
}

static struct str page_lead(struct arena *a, const struct message *m)
{
    struct str severity = clean_line(a, m->severity, SEVERITY_MAX_UNITS);
    struct str mark = severity_mark(severity);
    if (severity.n == 0) {
        return str_printf(a, "%.*s ", STR_ARG(mark));
    }
    return str_printf(a, "%.*s %.*s: ", STR_ARG(mark), STR_ARG(upper(a, severity)));
}

static struct str event_lead(struct arena *a, const struct message *m, const char *mark,
                             enum phrase phrase)
{
    return str_printf(a, "%s %.*s: ", mark, STR_ARG(say(phrase, m)));
}

static struct str headline_lead(struct arena *a, const struct message *m)
{
    switch (m->kind) {
    case NOTICE_PAGE:
        return page_lead(a, m);
    case NOTICE_ACKNOWLEDGED:
        return event_lead(a, m, "🟡", SAY_ACKNOWLEDGED);
    case NOTICE_RESOLVED:
        return event_lead(a, m, "🟢", SAY_RESOLVED);
    case NOTICE_RESULT:
        return event_lead(a, m, "⚙", SAY_RESULT);
    case NOTICE_REMINDER:
        return event_lead(a, m, "⏰", SAY_REMINDER);
    case NOTICE_STORM:
        return event_lead(a, m, "⛈", SAY_STORM);
    case NOTICE_FLAPPING:
        return event_lead(a, m, "🔁", SAY_FLAPPING);
    case NOTICE_NOTE:
        return event_lead(a, m, "💬", SAY_NOTE);
    case notice_kind_COUNT:
        break;
    }
    UNREACHABLE("notice kind");
}

static struct str headline(struct arena *a, const struct message *m, size_t title_max)
{
    struct str title = clean_line(a, m->title, title_max);
    struct str lead = headline_lead(a, m);
    if (m->opened_at == AT_NONE || m->kind == NOTICE_NOTE || m->kind == NOTICE_RESULT) {
        return str_printf(a, "%.*s%.*s", STR_ARG(lead), STR_ARG(title));
    }
    bool is_over = m->kind == NOTICE_RESOLVED;
    int64_t end_at = is_over && m->resolved_at != AT_NONE ? m->resolved_at : m->now_at;
    struct str word = say(is_over ? SAY_LASTED : SAY_FIRING_FOR, m);
    struct str length = phrase_duration(a, us_since(m->opened_at, end_at), m->to.language);
    return str_printf(a, "%.*s%.*s — %.*s %.*s", STR_ARG(lead), STR_ARG(title), STR_ARG(word),
                      STR_ARG(length));
}

static struct str status_line(struct arena *a, const struct message *m)
{
    bool is_resolved = m->kind == NOTICE_RESOLVED || m->resolved_at != AT_NONE;
    if (!is_resolved && m->kind != NOTICE_ACKNOWLEDGED && m->acked_at == AT_NONE) {
        return STR_EMPTY;
    }
    struct strbuf b;
    strbuf_init(&b, a, 1024);
    strbuf_add(&b, say(is_resolved ? SAY_RESOLVED : SAY_ACKNOWLEDGED, m));
    struct str who = clean_line(a, is_resolved ? m->resolved_by : m->acked_by, NAME_MAX_UNITS);
    int64_t when_at = is_resolved ? m->resolved_at : m->acked_at;
    if (who.n > 0) {
        strbuf_printf(&b, " %.*s %.*s", STR_ARG(say(SAY_BY, m)), STR_ARG(who));
    }
    if (when_at != AT_NONE) {
        strbuf_printf(&b, " %.*s %.*s", STR_ARG(say(SAY_AT, m)), STR_ARG(phrase_time(a, when_at)));
    }
    return strbuf_str(&b);
}

static void add_fact(struct summary *s, struct str name, struct str value, bool is_url)
{
    if (value.n > 0) {
        CHECK(s->n_facts < SUMMARY_FACTS_MAX);
        s->facts[s->n_facts++] = (struct summary_fact){name, value, is_url};
    }
}

static struct str since_value(struct arena *a, const struct message *m)
{
    return m->opened_at == AT_NONE ? STR_EMPTY : phrase_time(a, m->opened_at);
}

/* Only as a whole: half a link leads somewhere else. */
static struct str runbook_of(const struct message *m, size_t max)
{
    for (size_t i = 0; i < m->n_alerts; i++) {
        struct str url = labels_get(m->alerts[i].annotations, STR("runbook_url"));
        if (clean_is_url(url) && url.n <= max) {
            return url;
        }
    }
    return STR_EMPTY;
}

static void add_facts(struct summary *s, struct arena *a, const struct message *m, size_t max)
{
    struct str language = m->to.language;
    add_fact(s, say(SAY_SERVICE, m), clean_line(a, m->service, max), false);
    if (m->kind != NOTICE_PAGE) {
        add_fact(s, say(SAY_SEVERITY, m), clean_line(a, m->severity, SEVERITY_MAX_UNITS), false);
    }
    add_fact(s, say(SAY_SINCE, m), since_value(a, m), false);
    if (m->total > 0) {
        add_fact(s, say(SAY_ALERTS, m), phrase_firing(a, m->firing, m->total, language), false);
    }
    add_fact(s, say(SAY_INCIDENT, m), str_printf(a, "#%lld", (long long)m->incident_number), false);
    if (m->kind == NOTICE_PAGE && (m->step > 1 || m->round > 1)) {
        add_fact(s, say(SAY_STEP, m), phrase_step(a, m->step, m->round, language), false);
    }
    if (m->kind == NOTICE_PAGE) {
        add_fact(s, say(SAY_RUNBOOK, m), runbook_of(m, max), true);
    }
}

static void add_label(struct strbuf *b, struct label label)
{
    strbuf_printf(b, "%s%.*s=%.*s", b->n ? ", " : "", STR_ARG(label.name), STR_ARG(label.value));
}

static struct str labels_line(struct arena *a, struct labels labels)
{
    struct strbuf b;
    strbuf_init(&b, a, 2048);
    for (size_t i = 0; i < sizeof(placing) / sizeof(placing[0]); i++) {
        struct str value = labels_get(labels, str_from(placing[i]));
        if (value.n > 0) {
            add_label(&b, (struct label){str_from(placing[i]), value});
        }
    }
    for (size_t i = 0; i < labels.n; i++) {
        if (!IS_IN(labels.v[i].name, placing) && !IS_IN(labels.v[i].name, said_elsewhere)) {
            add_label(&b, labels.v[i]);
        }
    }
    return strbuf_str(&b);
}

static struct str alert_what(const struct alert *alert)
{
    struct str what = labels_get(alert->annotations, STR("summary"));
    if (what.n == 0) {
        what = labels_get(alert->labels, STR("alertname"));
    }
    return what.n > 0 ? what : labels_get(alert->annotations, STR("description"));
}

/* "• Disk 91% full — instance=db1, device=sda (12 min)": the end is never what is cut off. */
static struct str alert_line(struct arena *a, const struct message *m, const struct alert *alert,
                             size_t max)
{
    bool is_firing = alert->status == ALERT_FIRING;
    struct str tail = STR_EMPTY;
    if (!is_firing) {
        tail = str_printf(a, " (%.*s)", STR_ARG(say(SAY_ALERT_RESOLVED, m)));
    } else if (alert->starts_at != AT_NONE) {
        struct str length =
            phrase_duration(a, us_since(alert->starts_at, m->now_at), m->to.language);
        tail = str_printf(a, " (%.*s)", STR_ARG(length));
    }
    struct str what = clean_line(a, alert_what(alert), max / 2);
    struct str where = clean_line(a, labels_line(a, alert->labels), max / 2);
    const char *dash = what.n > 0 && where.n > 0 ? " — " : "";
    return str_printf(a, "%s %.*s%s%.*s%.*s", is_firing ? "•" : "✓", STR_ARG(what), dash,
                      STR_ARG(where), STR_ARG(tail));
}

static void add_alerts(struct summary *s, struct arena *a, const struct message *m,
                       const struct summary_limits *limits)
{
    CHECK(m->n_alerts <= MESSAGE_ALERTS_MAX);
    s->n_alerts = m->n_alerts < limits->alerts ? m->n_alerts : limits->alerts;
    for (size_t i = 0; i < s->n_alerts; i++) {
        s->alerts[i] = alert_line(a, m, &m->alerts[i], limits->alert);
    }
    int64_t total = m->total > (int64_t)m->n_alerts ? m->total : (int64_t)m->n_alerts;
    if (total > (int64_t)s->n_alerts) {
        s->more = phrase_more(a, total - (int64_t)s->n_alerts, m->to.language);
    }
}

/* ---- storms ---------------------------------------------------------------------------------- */

/* "🔴 #42 Disk full on db1 — 12 min" */
static struct str item_line(struct arena *a, const struct message *m, const struct storm_item *item,
                            size_t max)
{
    bool is_open = str_eq(item->state, STR("open"));
    bool is_over = str_eq(item->state, STR("resolved"));
    struct str mark = is_open ? severity_mark(item->severity) : STR_EMPTY;
    mark = is_over ? STR("✓") : is_open ? mark : STR("🟡");
    struct str length = phrase_duration(a, us_since(item->opened_at, m->now_at), m->to.language);
    return str_printf(a, "%.*s #%lld %.*s — %.*s", STR_ARG(mark), (long long)item->number,
                      STR_ARG(clean_line(a, item->title, max)), STR_ARG(length));
}

static struct summary storm_summary(struct arena *a, const struct message *m,
                                    const struct summary_limits *limits)
{
    const struct storm_view *view = &m->storm;
    bool wants_ack = summary_wants_ack(m) && clean_is_url(m->ack_url);
    struct str lead = headline_lead(a, m), language = m->to.language;
    struct str counts = phrase_storm(a, view, language);
    struct summary s = {
        .headline = str_printf(a, "%.*s%.*s", STR_ARG(lead), STR_ARG(counts)),
        .status = phrase_storm_taken(a, view, language),
        .press = STR_EMPTY,
        .repeat = m->may_be_repeated ? say(SAY_REPEAT, m) : STR_EMPTY,
        .note = say(SAY_STORM_HINT, m),
        .description = STR_EMPTY,
        .more = STR_EMPTY,
        .ack_label = say(SAY_ACK_ALL_BUTTON, m),
        .open_label = say(SAY_OPEN_BUTTON, m),
        .ack_url = wants_ack ? m->ack_url : STR_EMPTY,
        .open_url = clean_is_url(m->open_url) ? m->open_url : STR_EMPTY,
    };
    s.n_alerts = view->n_items < limits->alerts ? view->n_items : limits->alerts;
    for (size_t i = 0; i < s.n_alerts; i++) {
        s.alerts[i] = item_line(a, m, &view->items[i], limits->alert);
    }
    if (view->total > (int64_t)s.n_alerts) {
        s.more = phrase_more(a, view->total - (int64_t)s.n_alerts, language);
    }
    return s;
}

struct summary summary_make(struct arena *a, const struct message *m,
                            const struct summary_limits *limits)
{
    if (m->kind == NOTICE_STORM) {
        return storm_summary(a, m, limits);
    }
    bool wants_ack = summary_wants_ack(m);
    struct summary s = {
        .headline = headline(a, m, limits->title),
        .status = status_line(a, m),
        .press = wants_ack ? say(SAY_PRESS, m) : STR_EMPTY,
        .repeat = m->may_be_repeated ? say(SAY_REPEAT, m) : STR_EMPTY,
        .note = m->kind == NOTICE_FLAPPING ? say(SAY_FLAPPING_HINT, m)
                                           : clean_block(a, m->note, limits->text),
        .description = STR_EMPTY,
        .more = STR_EMPTY,
        .ack_label = say(SAY_ACK_BUTTON, m),
        .open_label = say(SAY_OPEN_BUTTON, m),
        .ack_url = wants_ack && clean_is_url(m->ack_url) ? m->ack_url : STR_EMPTY,
        .open_url = clean_is_url(m->open_url) ? m->open_url : STR_EMPTY,
    };
    add_facts(&s, a, m, limits->value);
    if (m->kind != NOTICE_NOTE && m->kind != NOTICE_RESULT) {
        add_alerts(&s, a, m, limits);
    }
    if (m->kind == NOTICE_PAGE && m->n_alerts == 1) {
        struct str text = labels_get(m->alerts[0].annotations, STR("description"));
        s.description = clean_block(a, text, limits->text);
    }
    return s;
}

static size_t tighter(size_t n, size_t least)
{
    return n * 2 / 3 > least ? n * 2 / 3 : least;
}

struct summary_limits summary_limits_tighter(struct summary_limits l)
{
    return (struct summary_limits){.title = tighter(l.title, 30),
                                   .value = tighter(l.value, 20),
                                   .alert = tighter(l.alert, 40),
                                   .text = tighter(l.text, 40),
                                   .alerts = tighter(l.alerts, 1)};
}

static void add_line(struct strbuf *b, struct str line)
{
    if (line.n > 0) {
        strbuf_add(b, line);
        strbuf_add_char(b, '\n');
    }
}

static void add_link(struct strbuf *b, struct str label, struct str url)
{
    if (url.n > 0) {
        strbuf_printf(b, "%.*s: %.*s\n", STR_ARG(label), STR_ARG(url));
    }
}

struct str summary_text(struct arena *a, const struct summary *s)
{
    struct strbuf b;
    strbuf_init(&b, a, TEXT_MAX_BYTES);
    add_line(&b, s->headline);
    add_line(&b, s->status);
    add_line(&b, s->repeat);
    add_link(&b, s->ack_label, s->ack_url);
    add_line(&b, s->note);
    for (size_t i = 0; i < s->n_facts; i++) {
        add_link(&b, s->facts[i].name, s->facts[i].value);
    }
    add_line(&b, s->description);
    for (size_t i = 0; i < s->n_alerts; i++) {
        add_line(&b, s->alerts[i]);
    }
    add_line(&b, s->more);
    add_link(&b, s->open_label, s->open_url);
    return str_trim(strbuf_str(&b));
}

struct str summary_subject(struct arena *a, const struct message *m, size_t max)
{
    struct str severity = clean_line(a, m->severity, SEVERITY_MAX_UNITS);
    struct str title = clean_line(a, m->title, max);
    if (m->kind == NOTICE_STORM) { /* the same over its life, too */
        return clean_line(a, str_printf(a, "[alertify] %.*s", STR_ARG(say(SAY_STORM, m))), max);
    }
    struct str subject = str_printf(a, "[#%lld] %.*s%s%.*s", (long long)m->incident_number,
                                    STR_ARG(severity), severity.n > 0 ? ": " : "", STR_ARG(title));
    return clean_line(a, subject, max);
}
