#include "app/cli/plan_report.h"

#include "app/cli/columns.h"
#include "flows/incident_json.h"
#include "formats/rfc3339.h"
#include "wire/matcher_syntax.h"

enum { NAME_WIDTH = 44, NUMBER_WIDTH = 8, SHOWN_MAX = 20 };

struct printer {
    const struct plan_report *report;
    const struct replay_diff *diff;
    struct arena *arena;
    struct strbuf *out;
};

/* ---- for people ------------------------------------------------------------------------------ */

static struct str number(struct printer *p, int64_t n)
{
    return str_printf(p->arena, "%lld", (long long)n);
}

static void add_numbers(struct printer *p, const int64_t n[REPLAY_SIDES])
{
    int64_t change = n[REPLAY_NEW] - n[REPLAY_OLD];
    columns_add_right(p->out, number(p, n[REPLAY_OLD]), NUMBER_WIDTH);
    columns_add_right(p->out, number(p, n[REPLAY_NEW]), NUMBER_WIDTH);
    columns_add_right(p->out,
                      change == 0 ? STR("=") : str_printf(p->arena, "%+lld", (long long)change),
                      NUMBER_WIDTH);
}

static void end_line(struct printer *p)
{
    while (p->out->n > 0 && p->out->p[p->out->n - 1] == ' ') {
        p->out->n--;
    }
    strbuf_add_char(p->out, '\n');
}

static void add_row(struct printer *p, struct str name, const int64_t n[REPLAY_SIDES])
{
    columns_add(p->out, name, NAME_WIDTH);
    add_numbers(p, n);
    end_line(p);
}

static void add_more(struct printer *p, size_t n)
{
    if (n > SHOWN_MAX) {
        strbuf_printf(p->out, "  … and %zu more\n", n - SHOWN_MAX);
    }
}

static void add_heading(struct printer *p)
{
    const struct replay *new_side = p->diff->side[REPLAY_NEW];
    char from[RFC3339_TEXT_MAX], until[RFC3339_TEXT_MAX];
    strbuf_printf(p->out, "%s … %s: %lld webhooks with %lld alerts",
                  rfc3339_format(p->report->from_at, RFC3339_S, from),
                  rfc3339_format(p->report->until_at, RFC3339_S, until),
                  (long long)new_side->n_bodies, (long long)new_side->n_alerts);
    if (p->report->n_unreadable > 0) {
        strbuf_printf(p->out, ", %lld not readable", (long long)p->report->n_unreadable);
    }
    strbuf_printf(p->out, "\nold: %.*s\nnew: %.*s\n\n", STR_ARG(p->report->names[REPLAY_OLD]),
                  STR_ARG(p->report->names[REPLAY_NEW]));
    columns_add(p->out, STR_EMPTY, NAME_WIDTH);
    columns_add_right(p->out, STR("old"), NUMBER_WIDTH);
    columns_add_right(p->out, STR("new"), NUMBER_WIDTH);
    columns_add_right(p->out, STR("change"), NUMBER_WIDTH);
    end_line(p);
}

static void add_reach(struct printer *p, const struct diff_reach *reach)
{
    bool is_person = !str_contains(reach->key, STR(":"));
    struct str name = is_person ? str_printf(p->arena, "  %.*s (%.*s)", STR_ARG(reach->label),
                                             STR_ARG(reach->key))
                                : str_printf(p->arena, "  %.*s", STR_ARG(reach->key));
    add_row(p, name, reach->n);
    for (int c = 0; is_person && c < channel_kind_COUNT; c++) {
        int64_t n[] = {reach->by_channel[REPLAY_OLD][c], reach->by_channel[REPLAY_NEW][c]};
        if (n[REPLAY_OLD] != n[REPLAY_NEW]) {
            add_row(p, str_printf(p->arena, "    by %s", channel_kind_name((enum channel_kind)c)),
                    n);
        }
    }
}

static void add_totals(struct printer *p)
{
    const struct replay *a = p->diff->side[REPLAY_OLD], *b = p->diff->side[REPLAY_NEW];
    add_row(p, STR("pages"), (int64_t[]){(int64_t)a->pages.n, (int64_t)b->pages.n});
    for (size_t i = 0; i < p->diff->reached.n; i++) {
        add_reach(p, &p->diff->reached.v[i]);
    }
    int64_t incidents[REPLAY_SIDES] = {0};
    for (size_t i = 0; i < p->diff->receivers.n; i++) {
        incidents[REPLAY_OLD] += p->diff->receivers.v[i].n_incidents[REPLAY_OLD];
        incidents[REPLAY_NEW] += p->diff->receivers.v[i].n_incidents[REPLAY_NEW];
    }
    add_row(p, STR("incidents"), incidents);
    for (size_t i = 0; i < p->diff->receivers.n; i++) {
        const struct diff_receiver *receiver = &p->diff->receivers.v[i];
        if (receiver->n_incidents[REPLAY_OLD] || receiver->n_incidents[REPLAY_NEW]) {
            add_row(p, str_printf(p->arena, "  %.*s", STR_ARG(receiver->name)),
                    receiver->n_incidents);
        }
    }
    add_row(p, STR("escalations that reached nobody"), (int64_t[]){a->n_nobody, b->n_nobody});
    add_row(p, STR("scripts run"), (int64_t[]){a->n_runs, b->n_runs});
}

/* A label set as one would write it as matchers. */
static struct str label_set(struct printer *p, struct labels labels)
{
    struct matcher *v = ARENA_ARRAY(p->arena, struct matcher, labels.n);
    for (size_t i = 0; i < labels.n; i++) {
        v[i] = (struct matcher){
            .op = MATCHER_EQ, .name = labels.v[i].name, .value = labels.v[i].value};
    }
    return matchers_format(p->arena, (struct matchers){v, labels.n});
}

static void add_alerts(struct printer *p, const char *title, const struct replay_alert *const *v,
                       size_t n)
{
    if (n > 0) {
        strbuf_printf(p->out, "\n%s: %zu\n", title, n);
    }
    for (size_t i = 0; i < n && i < SHOWN_MAX; i++) {
        strbuf_printf(p->out, "  %.*s\n", STR_ARG(label_set(p, v[i]->labels)));
    }
    add_more(p, n);
}

static void add_reroutes(struct printer *p)
{
    const struct replay_diff *d = p->diff;
    if (d->rerouted.n > 0) {
        strbuf_add(p->out, STR("\nalerts with other receivers (label sets):\n"));
    }
    for (size_t i = 0; i < d->rerouted.n && i < SHOWN_MAX; i++) {
        const struct diff_reroute *r = &d->rerouted.v[i];
        strbuf_printf(p->out, "  %lld × %.*s: %.*s → %.*s\n", (long long)r->n_alerts,
                      STR_ARG(r->alertname), STR_ARG(r->receivers[REPLAY_OLD]),
                      STR_ARG(r->receivers[REPLAY_NEW]));
    }
    add_more(p, d->rerouted.n);
}

static void add_dead(struct printer *p)
{
    const struct replay_diff *d = p->diff;
    if (d->dead_routes.n > 0) {
        strbuf_printf(p->out, "\nroutes that no alert took: %zu\n", d->dead_routes.n);
    }
    for (size_t i = 0; i < d->dead_routes.n && i < SHOWN_MAX; i++) {
        const struct route *route = d->dead_routes.v[i]->route;
        strbuf_printf(p->out, "  %.*s  %.*s\n", STR_ARG(route->where),
                      STR_ARG(matchers_format(p->arena, route->matchers)));
    }
    add_more(p, d->dead_routes.n);
    if (d->dead_branches.n > 0) {
        strbuf_printf(p->out, "\nbranches of escalations that were not taken: %zu\n",
                      d->dead_branches.n);
    }
    for (size_t i = 0; i < d->dead_branches.n && i < SHOWN_MAX; i++) {
        const struct replay_branch *b = d->dead_branches.v[i];
        strbuf_printf(p->out, "  %.*s  %s of receiver %.*s\n", STR_ARG(b->step->where),
                      b->n_then == 0 ? b->n_else == 0 ? "not reached" : "then" : "else",
                      STR_ARG(b->receiver->name));
    }
    add_more(p, d->dead_branches.n);
}

static void add_pages(struct printer *p)
{
    const struct replay *side = p->diff->side[REPLAY_NEW];
    char at[RFC3339_TEXT_MAX];
    strbuf_add(p->out, STR("\npages of the new configuration:\n"));
    for (size_t i = 0; i < side->pages.n; i++) {
        const struct replay_page *page = &side->pages.v[i];
        strbuf_printf(p->out, "  %s  %.*s by %s: %.*s (%.*s, round %d)\n",
                      rfc3339_format(page->at, RFC3339_S, at), STR_ARG(page->to.label),
                      channel_kind_name(page->to.contacts[0].channel), STR_ARG(page->title),
                      STR_ARG(page->receiver), page->round);
    }
}

void plan_report_text(const struct plan_report *report, struct arena *arena, struct strbuf *out)
{
    struct printer p = {report, report->diff, arena, out};
    const struct replay_diff *d = report->diff;
    add_heading(&p);
    add_totals(&p);
    add_reroutes(&p);
    add_alerts(&p, "alerts that paged somebody and would page nobody", d->lost.v, d->lost.n);
    add_alerts(&p, "alerts that paged nobody and would page somebody", d->gained.v, d->gained.n);
    add_alerts(&p, "alerts that only the top route would take", d->unrouted.v, d->unrouted.n);
    add_dead(&p);
    if (report->shows_pages) {
        add_pages(&p);
    }
    for (size_t i = 0; i < report->n_reasons; i++) {
        strbuf_printf(out, "%sFAILED: %.*s\n", i == 0 ? "\n" : "", STR_ARG(report->reasons[i]));
    }
}

/* ---- for programs ---------------------------------------------------------------------------- */

static void put_pair(struct json_writer *w, const char *key, int64_t old_n, int64_t new_n)
{
    json_key(w, str_from(key));
    json_begin_object(w);
    json_put_int(w, "old", old_n);
    json_put_int(w, "new", new_n);
    json_end_object(w);
}

static void put_people(struct printer *p, struct json_writer *w)
{
    json_key(w, STR("reached"));
    json_begin_array(w);
    for (size_t i = 0; i < p->diff->reached.n; i++) {
        const struct diff_reach *reach = &p->diff->reached.v[i];
        json_begin_object(w);
        json_put_str(w, "who", reach->key);
        json_put_str(w, "name", reach->label);
        put_pair(w, "pages", reach->n[REPLAY_OLD], reach->n[REPLAY_NEW]);
        json_key(w, STR("by"));
        json_begin_object(w);
        for (int c = 0; c < channel_kind_COUNT; c++) {
            const int64_t *old_n = reach->by_channel[REPLAY_OLD];
            const int64_t *new_n = reach->by_channel[REPLAY_NEW];
            if (old_n[c] || new_n[c]) {
                put_pair(w, channel_kind_name((enum channel_kind)c), old_n[c], new_n[c]);
            }
        }
        json_end_object(w);
        json_end_object(w);
    }
    json_end_array(w);
}

static void put_receivers(struct printer *p, struct json_writer *w)
{
    json_key(w, STR("receivers"));
    json_begin_array(w);
    for (size_t i = 0; i < p->diff->receivers.n; i++) {
        const struct diff_receiver *r = &p->diff->receivers.v[i];
        json_begin_object(w);
        json_put_str(w, "name", r->name);
        put_pair(w, "incidents", r->n_incidents[REPLAY_OLD], r->n_incidents[REPLAY_NEW]);
        put_pair(w, "pages", r->n_pages[REPLAY_OLD], r->n_pages[REPLAY_NEW]);
        json_end_object(w);
    }
    json_end_array(w);
    json_key(w, STR("rerouted"));
    json_begin_array(w);
    for (size_t i = 0; i < p->diff->rerouted.n; i++) {
        const struct diff_reroute *r = &p->diff->rerouted.v[i];
        json_begin_object(w);
        json_put_str(w, "alertname", r->alertname);
        json_put_str(w, "old", r->receivers[REPLAY_OLD]);
        json_put_str(w, "new", r->receivers[REPLAY_NEW]);
        json_put_int(w, "alerts", r->n_alerts);
        json_end_object(w);
    }
    json_end_array(w);
}

static void put_alerts(struct json_writer *w, const char *key, const struct replay_alert *const *v,
                       size_t n)
{
    json_key(w, str_from(key));
    json_begin_array(w);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(w);
        for (size_t k = 0; k < v[i]->labels.n; k++) {
            json_key(w, v[i]->labels.v[k].name);
            json_add_str(w, v[i]->labels.v[k].value);
        }
        json_end_object(w);
    }
    json_end_array(w);
}

static void put_dead(struct printer *p, struct json_writer *w)
{
    json_key(w, STR("dead_routes"));
    json_begin_array(w);
    for (size_t i = 0; i < p->diff->dead_routes.n; i++) {
        const struct route *route = p->diff->dead_routes.v[i]->route;
        json_begin_object(w);
        json_put_str(w, "where", route->where);
        json_put_str(w, "matchers", matchers_format(p->arena, route->matchers));
        json_end_object(w);
    }
    json_end_array(w);
    json_key(w, STR("branches_not_taken"));
    json_begin_array(w);
    for (size_t i = 0; i < p->diff->dead_branches.n; i++) {
        const struct replay_branch *branch = p->diff->dead_branches.v[i];
        json_begin_object(w);
        json_put_str(w, "where", branch->step->where);
        json_put_str(w, "receiver", branch->receiver->name);
        json_put_int(w, "then", branch->n_then);
        json_put_int(w, "else", branch->n_else);
        json_end_object(w);
    }
    json_end_array(w);
}

static void put_pages(struct printer *p, struct json_writer *w)
{
    json_key(w, STR("new_pages"));
    json_begin_array(w);
    for (size_t i = 0; i < p->diff->side[REPLAY_NEW]->pages.n; i++) {
        const struct replay_page *page = &p->diff->side[REPLAY_NEW]->pages.v[i];
        json_begin_object(w);
        json_put_time(w, "at", page->at);
        json_put_int(w, "incident", (int64_t)page->incident);
        json_put_str(w, "receiver", page->receiver);
        json_put_str(w, "title", page->title);
        json_put_str(w, "severity", page->severity);
        json_put_str(w, "who", replay_page_key(p->arena, page));
        json_put_str(w, "name", page->to.label);
        json_put_str(w, "channel", str_from(channel_kind_name(page->to.contacts[0].channel)));
        json_put_str(w, "address", page->to.contacts[0].address);
        json_put_int(w, "step", page->step);
        json_put_int(w, "round", page->round);
        json_end_object(w);
    }
    json_end_array(w);
}

void plan_report_json(const struct plan_report *report, struct arena *arena, struct strbuf *out)
{
    struct printer p = {report, report->diff, arena, out};
    const struct replay_diff *d = report->diff;
    const struct replay *a = d->side[REPLAY_OLD], *b = d->side[REPLAY_NEW];
    struct json_writer w;
    json_begin(&w, out);
    json_begin_object(&w);
    json_put_time(&w, "from", report->from_at);
    json_put_time(&w, "until", report->until_at);
    json_put_str(&w, "old", report->names[REPLAY_OLD]);
    json_put_str(&w, "new", report->names[REPLAY_NEW]);
    json_put_int(&w, "webhooks", b->n_bodies);
    json_put_int(&w, "alerts", b->n_alerts);
    json_put_int(&w, "unreadable", report->n_unreadable);
    put_pair(&w, "pages", (int64_t)a->pages.n, (int64_t)b->pages.n);
    put_pair(&w, "nobody_reached", a->n_nobody, b->n_nobody);
    put_pair(&w, "scripts", a->n_runs, b->n_runs);
    put_people(&p, &w);
    put_receivers(&p, &w);
    put_alerts(&w, "lost", d->lost.v, d->lost.n);
    put_alerts(&w, "gained", d->gained.v, d->gained.n);
    put_alerts(&w, "unrouted", d->unrouted.v, d->unrouted.n);
    put_dead(&p, &w);
    if (report->shows_pages) {
        put_pages(&p, &w);
    }
    json_key(&w, STR("failed"));
    json_begin_array(&w);
    for (size_t i = 0; i < report->n_reasons; i++) {
        json_add_str(&w, report->reasons[i]);
    }
    json_end_array(&w);
    json_end_object(&w);
    json_end(&w);
    strbuf_add_char(out, '\n');
}
