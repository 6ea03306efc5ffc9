#include "app/cli/export.h"
#include "app/cli/why_text.h"
#include "channels/clean.h"
#include "flows/run_text.h"
#include "formats/duration.h"
#include "formats/markdown.h"
#include "formats/rfc3339.h"

enum { LINE_MAX_UNITS = 1000, OUTPUT_MAX_UNITS = 16 * 1024, HASH_SHOWN = 12, ALERTS_SHOWN = 50 };

struct page {
    struct arena *arena;
    struct strbuf *out;
};

static void add(const struct page *p, const char *text)
{
    strbuf_add(p->out, str_from(text));
}

static void add_text(const struct page *p, struct str text)
{
    markdown_text(p->out, clean_line(p->arena, text, LINE_MAX_UNITS));
}

static void add_time(const struct page *p, int64_t at)
{
    char text[RFC3339_TEXT_MAX];
    add(p, at == AT_NONE ? "—" : rfc3339_format(at, RFC3339_S, text));
}

static void add_length(const struct page *p, int64_t us)
{
    char text[DURATION_TEXT_MAX];
    add(p, us < 0 ? "—" : duration_format_human(us, text));
}

static int64_t length(int64_t from, int64_t to)
{
    return to == AT_NONE ? -1 : to - from;
}

static void add_row(const struct page *p, const char *name, struct str value)
{
    add(p, "| ");
    add(p, name);
    add(p, " | ");
    add_text(p, value);
    add(p, " |\n");
}

/* " by user:anna through link" */
static void add_person(const struct page *p, struct str who, struct str through)
{
    add_text(p, who);
    if (through.n > 0) {
        add(p, " through ");
        add_text(p, through);
    }
}

/* ---- sections -------------------------------------------------------------------------------- */

static void add_summary(const struct page *p, const struct export_story *s)
{
    const struct incident *in = &s->incident;
    add(p, "\n## Summary\n\n| | |\n|---|---|\n");
    add_row(p, "Status", str_from(incident_state_name(in->state)));
    if (in->merged_into != 0) {
        add_row(p, "Merged into", str_printf(p->arena, "#%lld", (long long)in->merged_into));
    }
    add_row(p, "Severity", in->severity);
    add_row(p, "Service", in->service);
    add_row(p, "Receiver", in->receiver);
    add(p, "| Grouped by | ");
    for (size_t i = 0; i < in->group_labels.n; i++) {
        const struct label *label = &in->group_labels.v[i];
        add(p, i ? ", " : "");
        add_text(p, str_printf(p->arena, "%.*s=%.*s", STR_ARG(label->name), STR_ARG(label->value)));
    }
    add(p, " |\n| Opened | ");
    add_time(p, in->opened_at);
    add(p, " |\n| Resolved | ");
    add_time(p, in->resolved_at);
    add(p, " |\n");
    strbuf_printf(p->out, "| Alerts | %lld, of which %lld fire |\n", (long long)in->total,
                  (long long)in->firing);
    strbuf_printf(p->out, "| Configuration | %.*s",
                  STR_ARG(str_slice(in->config_hash, 0, HASH_SHOWN)));
    if (s->config.hash.n > 0) {
        add(p, ", loaded ");
        add_time(p, s->config.loaded_at);
        add(p, " by ");
        add_text(p, s->config.loaded_by);
    }
    add(p, " |\n");
}

static void add_cycle(const struct page *p, size_t number, const struct postmortem_cycle *c)
{
    strbuf_printf(p->out, "| %zu | ", number);
    add_time(p, c->opened_at);
    add(p, " | ");
    add_length(p, length(c->opened_at, c->told_at));
    add(p, " | ");
    add_length(p, length(c->opened_at, c->acked_at));
    add(p, c->acked_at == AT_NONE ? "" : ", ");
    add_person(p, c->acked_by, c->acked_through);
    add(p, c->is_ack_taken_back ? " (did not hold)" : "");
    add(p, " | ");
    add_length(p, length(c->opened_at, c->resolved_at));
    add(p, c->resolved_at == AT_NONE ? "" : ", ");
    add_person(p, c->resolved_by, c->resolved_through);
    add(p, " |\n");
}

static void add_figures(const struct page *p, const struct export_story *s)
{
    const struct postmortem *f = &s->facts;
    add(p,
        "\n## How long it took\n\n"
        "| cycle | opened | first page delivered after | acknowledged after, by | resolved after, "
        "by |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < f->n_cycles; i++) {
        add_cycle(p, i + 1, &f->cycles[i]);
    }
    add(p, "\nTime to acknowledge (MTTA): ");
    add_length(p, f->mean_ack_us);
    add(p, ". Time to resolve (MTTR): ");
    add_length(p, f->mean_resolve_us);
    strbuf_printf(p->out, ". %s\n",
                  f->n_cycles > 1 ? "Both are means over its cycles." : "It had one cycle.");
}

static bool is_news(struct str what)
{
    return str_eq(what, STR("acknowledged")) || str_eq(what, STR("resolved")) ||
           str_eq(what, STR("update")) || str_eq(what, STR("result"));
}

static void add_message(const struct page *p, const struct postmortem_message *m)
{
    add(p, "| ");
    add_time(p, m->at);
    add(p, " | ");
    add_text(p, m->what);
    add(p, " | ");
    add_text(p, m->to);
    add(p, " | ");
    add_text(p, m->channel);
    add(p, " | ");
    add_text(p, m->cause ? why_text(p->arena, m->cause) : STR_EMPTY);
    strbuf_printf(p->out, " | %s", postmortem_end_name(m->end));
    if (m->end == POSTMORTEM_DELIVERED) {
        add(p, " after ");
        add_length(p, m->ended_at - m->at);
    }
    if (m->attempts > 1) {
        strbuf_printf(p->out, ", %u attempts", m->attempts);
    }
    if (m->reason.n > 0) {
        add(p, ": ");
        add_text(p, m->reason);
    }
    add(p, " |\n");
}

static void add_messages(const struct page *p, const struct export_story *s)
{
    const struct postmortem *f = &s->facts;
    size_t news = 0;
    add(p, "\n## Who was told when, and why\n\n"
           "| at | what | whom | by | because | came of it |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < f->n_messages; i++) {
        if (is_news(f->messages[i].what)) {
            news++;
        } else {
            add_message(p, &f->messages[i]);
        }
    }
    if (news > 0) {
        strbuf_printf(p->out, "\n%zu more messages told the same places what became of it.\n",
                      news);
    }
    if (f->n_silences > 0) {
        add(p, "\nNobody was told, or nothing was run, where the timeline says so:\n\n");
    }
    for (size_t i = 0; i < f->n_silences; i++) {
        add(p, "- ");
        add_time(p, f->silences[i]->at);
        add(p, " ");
        add_text(p, why_text(p->arena, f->silences[i]));
        add(p, "\n");
    }
}

static void add_runs(const struct page *p, const struct export_story *s)
{
    if (s->n_runs > 0) {
        add(p, "\n## What was run\n");
    }
    for (size_t i = 0; i < s->n_runs; i++) {
        const struct run *run = &s->runs[i];
        bool is_over = run->ended_at != AT_NONE;
        add(p, "\n### ");
        add_text(p, run->action);
        add(p, "\n\nAsked for by ");
        add_text(p, run->actor);
        add(p, " at ");
        add_time(p, run->requested_at);
        if (!str_eq(run->parameters, STR("{}"))) {
            add(p, " with ");
            add_text(p, run->parameters);
        }
        add(p, "; started ");
        add_time(p, run->started_at);
        add(p, "; ended ");
        add_time(p, run->ended_at);
        add(p, ": ");
        add_text(p, is_over ? run_summary(p->arena, run) : str_from(run_state_name(run->state)));
        add(p, ".\n");
        if (run->output.n > 0) {
            add(p, "\n");
            markdown_block(p->out, clean_text(p->arena, run->output, OUTPUT_MAX_UNITS));
        }
    }
}

static void add_alerts(const struct page *p, const struct export_story *s)
{
    add(p, "\n## Alerts\n\n| status | since | until | labels |\n|---|---|---|---|\n");
    for (size_t i = 0; i < s->n_alerts && i < ALERTS_SHOWN; i++) {
        const struct alert *alert = &s->alerts[i];
        strbuf_printf(p->out, "| %s | ", alert_status_name(alert->status));
        add_time(p, alert->starts_at);
        add(p, " | ");
        add_time(p, alert->ends_at);
        add(p, " | ");
        for (size_t k = 0; k < alert->labels.n; k++) {
            const struct label *label = &alert->labels.v[k];
            add(p, k ? ", " : "");
            add_text(
                p, str_printf(p->arena, "%.*s=%.*s", STR_ARG(label->name), STR_ARG(label->value)));
        }
        add(p, " |\n");
    }
    if (s->incident.total > ALERTS_SHOWN) {
        strbuf_printf(p->out, "\n%lld more are not listed.\n",
                      (long long)s->incident.total - ALERTS_SHOWN);
    }
}

static void add_timeline(const struct page *p, const struct export_story *s)
{
    add(p, "\n## Timeline\n\n");
    if (s->is_cut) {
        add(p, "Earlier entries are left out.\n\n");
    }
    add(p, "| entry | at | what |\n|---|---|---|\n");
    for (size_t i = 0; i < s->n_events; i++) {
        strbuf_printf(p->out, "| %lld | ", (long long)s->events[i].seq);
        add_time(p, s->events[i].at);
        add(p, " | ");
        add_text(p, why_text(p->arena, &s->events[i]));
        add(p, " |\n");
    }
}

struct str export_markdown(struct arena *arena, const struct export_story *s)
{
    struct strbuf out;
    struct page page = {.arena = arena, .out = &out};
    strbuf_init(&out, arena, EXPORT_TEXT_MAX);
    strbuf_printf(&out, "# Incident %lld: ", (long long)s->incident.number);
    add_text(&page, s->incident.title);
    add(&page, "\n\nA draft, made from the timeline by alertify. What it cannot know is for you to "
               "write.\n");
    add_summary(&page, s);
    add(&page, "\n## Impact\n\n(who noticed, and what)\n\n## Cause\n\n(why it could happen)\n");
    add_figures(&page, s);
    add_messages(&page, s);
    add_runs(&page, s);
    add(&page, "\n## What we change\n\n- [ ] (who does what until when)\n");
    add_alerts(&page, s);
    add_timeline(&page, s);
    return strbuf_str(&out);
}
