/* What templates can say of the incident, the message about it, and whom it goes to. */
#include "channels/clean.h"
#include "channels/slack_address.h"
#include "channels/template_parts.h"
#include "formats/template/gotime_format.h"
#include "formats/template/types.h"

enum { NAME_MAX_UNITS = 80, SEVERITY_MAX_UNITS = 24, FACTS_MAX = 10 };

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

bool message_wants_ack(const struct message *m)
{
    if (m->kind == NOTICE_REMINDER || m->kind == NOTICE_STORM) {
        return m->ack_url.n > 0; /* a reminder's, pressed again, says: still on it */
    }
    bool is_over = m->kind == NOTICE_ACKNOWLEDGED || m->kind == NOTICE_RESOLVED ||
                   m->acked_at != AT_NONE || m->resolved_at != AT_NONE || m->merged_into != 0;
    return !is_over && m->ack_url.n > 0;
}

/* --- links ------------------------------------------------------------------------------------ */

/* The first of the alerts that has such a link. */
static struct value annotated_url(const struct message *m, const char *name, size_t max)
{
    for (size_t i = 0; i < m->alerts.n; i++) {
        struct str url = labels_get(m->alerts.v[i].annotations, str_from(name));
        if (clean_is_url(url) && url.n <= max) {
            return value_str(url);
        }
    }
    return value_str(STR_EMPTY);
}

static struct value graph_url(const struct message *m)
{
    for (size_t i = 0; i < m->alerts.n; i++) {
        if (clean_is_url(m->alerts.v[i].generator_url)) {
            return value_str(m->alerts.v[i].generator_url);
        }
    }
    return value_str(STR_EMPTY);
}

/* Only as a whole: half a link leads somewhere else. */
static struct value links_of(const struct pieces *p)
{
    const struct message *m = p->message;
    size_t max = CLEAN_URL_MAX;
    struct value *fields = ARENA_ARRAY(p->arena, struct value, LINKS_FIELDS);
    struct value dashboard = annotated_url(m, "__panel_url__", max);
    if (dashboard.s.n == 0) {
        dashboard = annotated_url(m, "__dashboard_url__", max);
    }
    fields[LINK_ACK] = message_wants_ack(m) ? piece_url(m->ack_url) : value_str(STR_EMPTY);
    bool is_over = m->kind == NOTICE_RESOLVED || m->resolved_at != AT_NONE;
    fields[LINK_RESOLVE] = is_over ? value_str(STR_EMPTY) : piece_url(m->resolve_url);
    fields[LINK_SNOOZE] = is_over ? value_str(STR_EMPTY) : piece_url(m->snooze_url);
    fields[LINK_OPEN] = piece_url(m->open_url);
    fields[LINK_RUNBOOK] = annotated_url(m, "runbook_url", max);
    fields[LINK_DASHBOARD] = dashboard.s.n > 0 ? dashboard : annotated_url(m, "dashboard_url", max);
    fields[LINK_GRAPH] = graph_url(m);
    fields[LINK_SILENCE] = annotated_url(m, "__silence_url__", max);
    return value_struct(&template_type_links, fields);
}

/* --- the incident ----------------------------------------------------------------------------- */

struct value piece_incident(const struct pieces *p)
{
    const struct message *m = p->message;
    bool is_over = m->resolved_at != AT_NONE &&
                   (m->kind == NOTICE_RESOLVED || str_eq(m->state, STR("resolved")));
    struct value *fields = ARENA_ARRAY(p->arena, struct value, INCIDENT_FIELDS);
    fields[INCIDENT_ID] = value_str(m->incident_id);
    fields[INCIDENT_NUMBER] = value_int(m->incident_number);
    fields[INCIDENT_STATE] = piece_line(p, m->state, NAME_MAX_UNITS);
    fields[INCIDENT_SEVERITY] = piece_line(p, m->severity, SEVERITY_MAX_UNITS);
    fields[INCIDENT_SERVICE] = piece_line(p, m->service, p->view->limits.value);
    fields[INCIDENT_TITLE] = piece_line(p, m->title, p->view->limits.title);
    fields[INCIDENT_OPENED] = piece_time(p, m->opened_at);
    fields[INCIDENT_FOR] = piece_length(p, m->opened_at, is_over ? m->resolved_at : m->now_at);
    fields[INCIDENT_ACKED] = piece_time(p, m->acked_at);
    fields[INCIDENT_ACKED_BY] = piece_line(p, m->acked_by, NAME_MAX_UNITS);
    fields[INCIDENT_RESOLVED_AT] = piece_time(p, m->resolved_at);
    fields[INCIDENT_RESOLVED_BY] = piece_line(p, m->resolved_by, NAME_MAX_UNITS);
    fields[INCIDENT_SNOOZED_UNTIL] = piece_time(p, m->snoozed_until);
    fields[INCIDENT_MERGED_INTO] = value_int(m->merged_into);
    fields[INCIDENT_CYCLE] = value_int(m->cycle);
    fields[INCIDENT_STEP] = value_int(m->step);
    fields[INCIDENT_ROUND] = value_int(m->round);
    fields[INCIDENT_FIRING] = value_int(m->firing);
    fields[INCIDENT_TOTAL] = value_int(m->total);
    fields[INCIDENT_LINKS] = links_of(p);
    return value_struct(&template_type_incident, fields);
}

struct value piece_notice(const struct pieces *p)
{
    const struct message *m = p->message;
    bool is_page = m->kind == NOTICE_PAGE, is_later = m->step > 1 || m->round > 1;
    struct value *fields = ARENA_ARRAY(p->arena, struct value, NOTICE_FIELDS);
    fields[NOTICE_FIELD_KIND] = value_str(str_from(notice_kind_name(m->kind)));
    fields[NOTICE_FIELD_ID] = value_str(m->id);
    fields[NOTICE_FIELD_NOTE] = piece_block(p, m->note, p->view->limits.text);
    int64_t late_us = m->late_us >= MESSAGE_LATE_US ? m->late_us : 0;
    fields[NOTICE_FIELD_LATE] = piece_length(p, 0, late_us);
    fields[NOTICE_FIELD_LATE_SECONDS] = value_int(late_us / US_PER_S);
    fields[NOTICE_FIELD_IS_REPEAT] = value_bool(m->may_be_repeated);
    fields[NOTICE_FIELD_IS_ESCALATION] = value_bool(is_page && is_later);
    fields[NOTICE_FIELD_IS_REOPENED] = value_bool(is_page && m->cycle > 1);
    fields[NOTICE_FIELD_WANTS_ACK] = value_bool(message_wants_ack(m));
    return value_struct(&template_type_notice, fields);
}

struct value piece_target(const struct pieces *p)
{
    const struct contact *to = &p->message->to;
    struct value *fields = ARENA_ARRAY(p->arena, struct value, TO_FIELDS);
    fields[TO_USER] = piece_line(p, p->message->to_name, NAME_MAX_UNITS);
    fields[TO_LANGUAGE] = value_str(to->language);
    fields[TO_CHANNEL] = value_str(str_from(channel_kind_name(to->channel)));
    fields[TO_MENTION] =
        (struct value){.type = &type_html, .s = slack_mention(p->arena, p->message)};
    return value_struct(&template_type_target, fields);
}

struct value piece_diff(const struct pieces *p)
{
    struct value *fields = ARENA_ARRAY(p->arena, struct value, DIFF_FIELDS);
    fields[DIFF_FIRED] = piece_alerts(p, &template_type_alert_list, p->message->fired);
    fields[DIFF_RESOLVED] = piece_alerts(p, &template_type_alert_list, p->message->resolved);
    return value_struct(&template_type_diff, fields);
}

struct value piece_page(const struct pieces *p)
{
    static const struct template_page none = {.said = {"", 0}, .nonce = {"", 0}, .whom = {"", 0}};
    const struct template_page *page = p->view->page ? p->view->page : &none;
    struct value *fields = ARENA_ARRAY(p->arena, struct value, PAGE_FIELDS);
    fields[PAGE_SAID] = piece_line(p, page->said, p->view->limits.value);
    fields[PAGE_NONCE] = value_str(page->nonce);
    fields[PAGE_ACTION] = value_str(page->action.p ? page->action : STR_EMPTY);
    fields[PAGE_WHOM] = piece_line(p, page->whom, NAME_MAX_UNITS);
    fields[PAGE_IS_EXPIRED] = value_bool(page->is_expired);
    return value_struct(&template_type_page, fields);
}

/* --- storms ----------------------------------------------------------------------------------- */

static struct value item_of(const struct pieces *p, const struct storm_item *item)
{
    struct value *fields = ARENA_ARRAY(p->arena, struct value, ITEM_FIELDS);
    fields[ITEM_NUMBER] = value_int(item->number);
    fields[ITEM_TITLE] = piece_line(p, item->title, p->view->limits.line);
    fields[ITEM_SEVERITY] = piece_line(p, item->severity, SEVERITY_MAX_UNITS);
    fields[ITEM_STATE] = piece_line(p, item->state, NAME_MAX_UNITS);
    fields[ITEM_OPENED] = piece_time(p, item->opened_at);
    fields[ITEM_FOR] = piece_length(p, item->opened_at, p->message->now_at);
    return value_struct(&template_type_item, fields);
}

struct value piece_storm(const struct pieces *p)
{
    const struct storm_view *storm = &p->message->storm;
    size_t n = storm->n_items < p->view->limits.listed ? storm->n_items : p->view->limits.listed;
    struct value *fields = ARENA_ARRAY(p->arena, struct value, STORM_FIELDS);
    struct value *items = ARENA_ARRAY(p->arena, struct value, n);
    for (size_t i = 0; i < n; i++) {
        items[i] = item_of(p, &storm->items[i]);
    }
    fields[STORM_TOTAL] = value_int(storm->total);
    fields[STORM_OPEN] = value_int(storm->open);
    fields[STORM_URGENT] = value_int(storm->urgent);
    fields[STORM_ACKNOWLEDGED] = value_int(storm->acknowledged);
    fields[STORM_RESOLVED] = value_int(storm->resolved);
    fields[STORM_ITEMS] = value_list(&template_type_items, items, n);
    return value_struct(&template_type_storm, fields);
}

/* --- facts ------------------------------------------------------------------------------------ */

struct facts {
    const struct pieces *pieces;
    struct value *v;
    size_t n;
};

static void add_fact(struct facts *f, const char *word, struct value value, bool is_url)
{
    if (value.s.n > 0) {
        CHECK(f->n < FACTS_MAX);
        struct value *fields = ARENA_ARRAY(f->pieces->arena, struct value, FACT_FIELDS);
        fields[FACT_NAME] = value_str(words_get(f->pieces->view->words, word));
        fields[FACT_VALUE] = value;
        fields[FACT_IS_URL] = value_bool(is_url);
        f->v[f->n++] = value_struct(&template_type_fact, fields);
    }
}

static struct value counted(const struct pieces *p, const char *word, int64_t a, int64_t b)
{
    const struct value numbers[] = {value_int(a), value_int(b)};
    return value_str(words_printf(p->arena, p->view->words, word, numbers, 2));
}

/* "2026-11-21 01:37 UTC" */
static struct value shown_time(const struct pieces *p, int64_t at)
{
    struct strbuf text;
    struct gotime t = gotime_from_at(at, p->view->zone);
    strbuf_init(&text, p->arena, 100);
    gotime_format(&text, &t, STR("2006-01-02 15:04 MST"));
    return value_str(at == AT_NONE ? STR_EMPTY : strbuf_str(&text));
}

static bool is_severity_in_headline(enum notice_kind kind)
{
    return kind == NOTICE_PAGE || kind == NOTICE_UPDATE || kind == NOTICE_REMINDER ||
           kind == NOTICE_FLAPPING;
}

struct value piece_facts(const struct pieces *p, const struct value *incident)
{
    const struct message *m = p->message;
    struct facts f = {p, ARENA_ARRAY(p->arena, struct value, FACTS_MAX), 0};
    size_t max = p->view->limits.value;
    if (m->kind == NOTICE_STORM) {
        return value_list(&template_type_facts, f.v, 0);
    }
    add_fact(&f, "service", piece_line(p, m->service, max), false);
    if (!is_severity_in_headline(m->kind)) {
        add_fact(&f, "severity", piece_line(p, m->severity, SEVERITY_MAX_UNITS), false);
    }
    add_fact(&f, "since", shown_time(p, m->opened_at), false);
    if (m->total > 0) {
        add_fact(&f, "alerts", counted(p, "firing_of", m->firing, m->total), false);
    }
    add_fact(&f, "incident",
             value_str(str_printf(p->arena, "#%lld", (long long)m->incident_number)), false);
    if (m->kind == NOTICE_PAGE && (m->step > 1 || m->round > 1)) {
        add_fact(&f, "escalation", counted(p, "step_round", m->step, m->round), false);
    }
    if (m->kind == NOTICE_PAGE || m->kind == NOTICE_UPDATE || m->kind == NOTICE_REMINDER) {
        const struct value *links = incident->fields[INCIDENT_LINKS].fields;
        add_fact(&f, "runbook", links[LINK_RUNBOOK], true);
        add_fact(&f, "dashboard", links[LINK_DASHBOARD], true);
        add_fact(&f, "graph", links[LINK_GRAPH], true);
        add_fact(&f, "silence", links[LINK_SILENCE], true);
    }
    return value_list(&template_type_facts, f.v, f.n);
}

struct value piece_description(const struct pieces *p)
{
    const struct message *m = p->message;
    if ((m->kind != NOTICE_PAGE && m->kind != NOTICE_UPDATE) || m->alerts.n != 1) {
        return value_str(STR_EMPTY);
    }
    struct str text = labels_get(m->alerts.v[0].annotations, STR("description"));
    return piece_block(p, text, p->view->limits.text);
}

/* --- an alert in one line --------------------------------------------------------------------- */

static void add_label(struct strbuf *b, struct label label)
{
    strbuf_add(b, b->n > 0 ? STR(", ") : STR_EMPTY);
    strbuf_add(b, label.name);
    strbuf_add_char(b, '=');
    strbuf_add(b, label.value);
}

static struct str labels_line(struct arena *a, struct labels labels)
{
    enum { LINE_MAX_BYTES = 2048 };
    struct strbuf b;
    strbuf_init(&b, a, LINE_MAX_BYTES);
    for (size_t i = 0; i < sizeof(placing) / sizeof(placing[0]); i++) {
        struct str value = labels_get(labels, str_from(placing[i]));
        if (value.n > 0) {
            add_label(&b, (struct label){str_from(placing[i]), value});
        }
    }
    for (size_t i = 0; i < labels.n && !b.is_full; i++) {
        if (!IS_IN(labels.v[i].name, placing) && !IS_IN(labels.v[i].name, said_elsewhere)) {
            add_label(&b, labels.v[i]);
        }
    }
    return strbuf_str(&b);
}

static struct str what_of(const struct alert *alert)
{
    struct str what = labels_get(alert->annotations, STR("summary"));
    if (what.n == 0) {
        what = labels_get(alert->labels, STR("alertname"));
    }
    return what.n > 0 ? what : labels_get(alert->annotations, STR("description"));
}

void piece_alert_line(const struct pieces *p, const struct alert *alert, struct value *fields)
{
    size_t half = p->view->limits.line / 2;
    fields[ALERT_WHAT] = piece_line(p, what_of(alert), half);
    fields[ALERT_WHERE] = piece_line(p, labels_line(p->arena, alert->labels), half);
    if (fields[ALERT_WHAT].s.n == 0 && fields[ALERT_WHERE].s.n == 0) {
        fields[ALERT_WHAT] = value_str(words_get(p->view->words, "nameless"));
    }
    fields[ALERT_FOR] = alert->status == ALERT_FIRING
                            ? piece_length(p, alert->starts_at, p->message->now_at)
                            : value_str(words_get(p->view->words, "alert_resolved"));
}
