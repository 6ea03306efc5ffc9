#include "fixture.h"

#include "base/digest.h"
#include "base/monotonic.h"
#include "flows/respond.h"
#include "flows/routes.h"
#include "flows/self_alert.h"

#include <stdio.h>
#include <string.h>

#include "cmocka_all.h"

enum { SETTLE_MAX = 60 };

const char routes_basic[] =
    "external_url: https://alerts.example.org\n"
    "sources:\n"
    "  am: { type: alertmanager, auth: { bearer: !env TOKEN } }\n"
    "  grafana: { type: grafana, auth: { bearer: !env TOKEN } }\n"
    "channels:\n"
    "  slack: { bot_token: !env SLACK }\n"
    "  telegram: { bot_token: !env TELEGRAM }\n"
    "  email: { server: 'smtps://mail.example.org:465', from: 'a@example.org' }\n"
    "  webhooks:\n"
    "    anna: { url: 'https://hooks.example.org/anna' }\n"
    "    boris: { url: 'https://hooks.example.org/boris' }\n"
    "    ops: { url: 'https://hooks.example.org/ops' }\n"
    "users:\n"
    "  anna: { name: Anna Ivanova, language: en, webhook: anna, email: anna@example.org }\n"
    "  boris: { name: Boris, language: ru, webhook: boris }\n"
    "  nobody: { name: Unreachable }\n"
    "teams: { both: { members: [anna, boris] } }\n"
    "actions:\n"
    "  fix:\n"
    "    file: /opt/fix\n"
    "    timeout: 1m\n"
    "    parameters:\n"
    "      unit: { from: 'label:unit', pattern: '[a-z]+' }\n"
    "      mode: { from: 'value:soft', pattern: 'soft|hard' }\n"
    "  ask:\n"
    "    file: /opt/ask\n"
    "    parameters:\n"
    "      who: { from: caller, pattern: '[a-z]+' }\n"
    "route:\n"
    "  receiver: rest\n"
    "  group_by: [alertname]\n"
    "  routes:\n"
    "    - { matchers: ['severity=\"page\"'], receiver: page }\n"
    "    - { matchers: ['severity=\"hold\"'], receiver: hold }\n"
    "    - { matchers: ['severity=\"fix\"'], receiver: fix }\n"
    "    - { matchers: ['severity=\"bot\"'], receiver: bot }\n"
    "    - { matchers: ['severity=\"empty\"'], receiver: empty }\n"
    "    - { matchers: ['severity=\"quiet\"'], receiver: quiet }\n"
    "receivers:\n"
    "  - name: page\n"
    "    escalation:\n"
    "      - notify: [user:anna]\n"
    "      - wait: 5m\n"
    "      - notify: [user:boris]\n"
    "      - wait: 10m\n"
    "      - repeat: 1\n"
    "  - name: hold\n"
    "    hold: 30s\n"
    "    resolve: { notice: false }\n"
    "    escalation:\n"
    "      - notify: [user:anna]\n"
    "      - wait: 5m\n"
    "      - notify: [user:boris]\n"
    "  - name: fix\n"
    "    escalation:\n"
    "      - { run: fix, if: 'unit=~\".+\"', wait: 2m }\n"
    "      - notify: [user:anna]\n"
    "  - name: bot\n"
    "    escalation:\n"
    "      - notify: ['slack:#ops', 'telegram:-100']\n"
    "  - name: empty\n"
    "    escalation:\n"
    "      - notify: [user:nobody]\n"
    "      - wait: 5m\n"
    "      - notify: [user:nobody]\n"
    "  - name: quiet\n"
    "  - name: rest\n"
    "    notify: [webhook:ops]\n"
    "catch_all: rest\n";

/* ---- start and end --------------------------------------------------------------------------- */

static bool env(void *arg, struct str name, struct str *ret)
{
    (void)arg, (void)name;
    *ret = STR("t0p-s3cret");
    return true;
}

static enum status no_file(void *arg, struct str path, struct str *ret, struct err *err)
{
    (void)arg, (void)path, (void)ret;
    return err_set(err, ERR_NOT_FOUND, "no such file");
}

const char *world_routes_edited(struct world *w, const char *routes, const char *what,
                                const char *with)
{
    struct strbuf out;
    strbuf_init(&out, &w->arena, 64 * 1024);
    const char *at = strstr(routes, what);
    assert_non_null(at);
    for (; at; at = strstr(routes, what)) {
        strbuf_add(&out, (struct str){routes, (size_t)(at - routes)});
        strbuf_add(&out, str_from(with));
        routes = at + strlen(what);
    }
    strbuf_add(&out, str_from(routes));
    return strbuf_str(&out).p;
}

const char *world_routes_renamed(struct world *w)
{
    const char *named = world_routes_edited(w, routes_basic, "- name: page\n", "- name: pager\n");
    return world_routes_edited(w, named, "receiver: page }", "receiver: pager }");
}

void world_configure(struct world *w, const char *text)
{
    const struct routes_env where = {.env = env, .file = no_file};
    struct routes_source file = {.name = STR("routes.yml"), .text = str_from(text)};
    struct routes_result result;
    struct err err = ERR_INIT;
    if (routes_parse(&file, 1, &where, &result) != OK) {
        struct str report = routes_report(&result);
        fail_msg("%.*s", STR_ARG(report));
    }
    if (!w->deps.configuration) {
        w->deps.configuration = configuration_new();
    }
    struct snapshot *snapshot =
        configuration_prepare(w->deps.configuration, &result, str_from(text));
    assert_int_equal(flow_configuration_save(&w->store, snapshot, STR("test"), &err), OK);
    configuration_swap(w->deps.configuration, snapshot);
}

static void stop_flow(void *arg)
{
    struct world *w = arg;
    atomic_store(&w->deps.is_draining, true);
}

/* Closed at once: a taker never waits, and nudges are harmless. */
static struct mailbox *closed_mailbox(void)
{
    struct mailbox *box = mailbox_new(1, 1);
    mailbox_close(box);
    return box;
}

static enum status no_reload(void *arg, struct str by, struct err *err)
{
    (void)arg, (void)by, (void)err;
    return OK;
}

void world_start(struct world *w, const char *routes)
{
    struct err err = ERR_INIT;
    *w = (struct world){0};
    arena_init(&w->arena);
    fake_database_init(&w->db, WORLD_START_AT);
    fake_store_init(&w->store, &w->db, (struct uuid){{1}});
    fake_transfers_init(&w->transfers, &w->db.clock_at);
    fake_runner_init(&w->runner);
    w->master = secret_new(STR("0123456789abcdef0123456789abcdef"));
    const struct secret *masters[] = {w->master};
    w->deps.links = links_new(masters, 1);
    w->deps.self_alerts = self_alerts_new();
    w->deps.ledger = mailbox_new(1000, 1 << 20);
    w->deps.queries = mailbox_new(1000, 1 << 20);
    w->deps.process = closed_mailbox();
    w->deps.escalate = closed_mailbox();
    w->deps.status = closed_mailbox();
    w->deps.transfers = &w->transfers;
    w->deps.runner = &w->runner;
    w->deps.replica = w->store.replica;
    w->deps.replica_name = STR("test");
    w->deps.external_url = STR("https://fallback.example.org");
    w->deps.reload = no_reload;
    atomic_store(&w->deps.is_database_ok, true);
    world_clock(w, 0);
    world_configure(w, routes);
    assert_int_equal(store_presence(&w->store, w->store.replica, STR("test"), STR_EMPTY, &err), OK);
    assert_int_equal(links_load(w->deps.links, &w->store, &err), OK);
    w->db.on_idle = stop_flow;
    w->db.on_idle_arg = w;
    w->db.calls = 0;
}

void world_end(struct world *w)
{
    world_check(w);
    configuration_free(w->deps.configuration);
    links_free(w->deps.links);
    self_alerts_free(w->deps.self_alerts);
    mailbox_free(w->deps.ledger);
    mailbox_free(w->deps.queries);
    mailbox_free(w->deps.process);
    mailbox_free(w->deps.escalate);
    mailbox_free(w->deps.status);
    fake_runner_release(&w->runner);
    fake_transfers_release(&w->transfers);
    fake_database_release(&w->db);
    secret_free(w->master);
    arena_release(&w->arena);
}

/* ---- flows ----------------------------------------------------------------------------------- */

static void run_flow(struct world *w, void (*flow)(struct deps *, struct store *))
{
    atomic_store(&w->deps.is_draining, false);
    flow(&w->deps, &w->store);
    assert_null(w->db.owner); /* no flow leaves a transaction open */
    atomic_store(&w->deps.is_draining, false);
}

void world_process(struct world *w)
{
    run_flow(w, flow_process);
}

void world_escalate(struct world *w)
{
    run_flow(w, flow_escalate);
}

void world_deliver(struct world *w)
{
    run_flow(w, flow_deliver);
}

void world_remediate(struct world *w)
{
    run_flow(w, flow_remediate);
}

void world_ledger(struct world *w)
{
    mailbox_close(w->deps.ledger);
    flow_ledger(&w->deps, &w->store);
    mailbox_free(w->deps.ledger);
    w->deps.ledger = mailbox_new(1000, 1 << 20);
}

void world_queries(struct world *w)
{
    mailbox_close(w->deps.queries);
    flow_query(&w->deps, &w->store);
    assert_null(w->db.owner);
    mailbox_free(w->deps.queries);
    w->deps.queries = mailbox_new(1000, 1 << 20);
}

static bool is_delivery_due(const struct world *w, const struct delivery_row *row)
{
    return (row->state == DELIVERY_READY && row->due_at <= w->db.clock_at) ||
           (row->state == DELIVERY_SENDING && row->deadline_at < w->db.clock_at);
}

/* A message that waits for an earlier one to the same contact is not due. */
static bool waits_for_another(const struct world *w, const struct delivery_row *row)
{
    for (size_t i = 0; i < w->db.t.deliveries.n; i++) {
        const struct delivery_row *other = &w->db.t.deliveries.v[i];
        bool is_on_its_way = other->state == DELIVERY_READY || other->state == DELIVERY_SENDING;
        if (other->d.id < row->d.id && uuid_eq(other->d.incident, row->d.incident) &&
            other->d.contact.channel == row->d.contact.channel &&
            str_eq(other->d.contact.address, row->d.contact.address) && is_on_its_way &&
            !is_delivery_due(w, other)) {
            return true;
        }
    }
    return false;
}

bool world_is_settled(struct world *w)
{
    const struct fake_tables *t = &w->db.t;
    for (size_t i = 0; i < t->intake.n; i++) {
        if (t->intake.v[i].is_waiting) {
            return false;
        }
    }
    for (size_t i = 0; i < t->incidents.n; i++) {
        const struct incident *in = &t->incidents.v[i];
        bool is_awake = in->wake_at != AT_NONE && in->wake_at <= w->db.clock_at;
        bool is_silent = in->silent_at != AT_NONE && in->silent_at <= w->db.clock_at;
        if (in->state != INCIDENT_RESOLVED && (is_awake || is_silent)) {
            return false;
        }
    }
    for (size_t i = 0; i < t->deliveries.n; i++) {
        const struct delivery_row *row = &t->deliveries.v[i];
        if (is_delivery_due(w, row) && !waits_for_another(w, row)) {
            return false;
        }
    }
    for (size_t i = 0; i < t->runs.n; i++) {
        if (t->runs.v[i].run.state == RUN_STATE_REQUESTED) {
            return false;
        }
    }
    return true;
}

void world_settle(struct world *w)
{
    for (int i = 0; !world_is_settled(w); i++) {
        assert_true(i < SETTLE_MAX); /* something goes round in circles */
        world_process(w);
        world_escalate(w);
        world_remediate(w);
        world_deliver(w);
    }
}

void world_clock(struct world *w, int64_t us)
{
    w->db.clock_at += us;
    int64_t now_us = monotonic_us();
    atomic_store(&w->deps.clock_offset_us, w->db.clock_at - now_us);
    atomic_store(&w->deps.server_offset_us, w->db.clock_at - w->db.clock_ahead_us - now_us);
    atomic_store(&w->deps.database_seen_us, monotonic_us());
}

void world_advance(struct world *w, int64_t us)
{
    world_clock(w, us);
    world_settle(w);
}

/* ---- input ----------------------------------------------------------------------------------- */

void world_post(struct world *w, struct str body)
{
    static uint64_t n;
    struct ledger_entry entry = {.source = STR("am"), .peer = STR("192.0.2.1"), .body = body};
    n++;
    memcpy(entry.receipt.b, &n, sizeof(n));
    entry.quarantine = STR_EMPTY;
    for (int tries = 0;; tries++) {
        struct err err = ERR_INIT;
        assert_true(tries < 3);
        if (store_ledger_append(&w->store, &entry, 1, &err) == OK) {
            return;
        }
    }
}

void world_post_file(struct world *w, const char *name)
{
    char path[300], block[8192];
    struct strbuf text;
    size_t n;
    snprintf(path, sizeof(path), TEST_DATA "/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    strbuf_init(&text, &w->arena, 1 << 20);
    while ((n = fread(block, 1, sizeof(block), f)) > 0) {
        strbuf_add(&text, (struct str){block, n});
    }
    fclose(f);
    world_post(w, strbuf_str(&text));
}

void world_alert(struct world *w, const char *labels, const char *status, int64_t at)
{
    struct strbuf body;
    struct str rest = str_from(labels);
    int64_t day_s = at / US_PER_S;
    char time[40];
    snprintf(time, sizeof(time), "2026-11-21T%02d:%02d:%02dZ", (int)(day_s / 3600),
             (int)(day_s / 60 % 60), (int)(day_s % 60));
    bool is_firing = strcmp(status, "firing") == 0;
    strbuf_init(&body, &w->arena, 4096);
    strbuf_printf(&body,
                  "{\"version\":\"4\",\"status\":\"%s\",\"receiver\":\"x\",\"alerts\":[{"
                  "\"status\":\"%s\",\"labels\":{",
                  status, status);
    for (bool is_first = true; rest.p; is_first = false) {
        struct str value = str_cut(&rest, ','), name = str_cut(&value, '=');
        strbuf_printf(&body, "%s\"%.*s\":\"%.*s\"", is_first ? "" : ",", STR_ARG(name),
                      STR_ARG(value));
    }
    strbuf_printf(&body, "},\"annotations\":{},\"startsAt\":\"%s\",\"endsAt\":\"%s\"}]}",
                  is_firing ? time : "2026-11-20T23:00:00Z",
                  is_firing ? "0001-01-01T00:00:00Z" : time);
    world_post(w, strbuf_str(&body));
}

struct fake_answer world_http(struct world *w, enum http_method method, const char *path,
                              const char *authorization, const char *body)
{
    struct fake_answer answer;
    struct exchange_header *headers = ARENA_ARRAY(&w->arena, struct exchange_header, 1);
    struct str whole = str_from(path);
    headers[0] = (struct exchange_header){STR("authorization"), str_from(authorization)};
    struct exchange_request request = {.method = method,
                                       .path = str_cut(&whole, '?'),
                                       .query = whole.p ? whole : STR_EMPTY,
                                       .authority = STR("alerts.example.org"),
                                       .headers = headers,
                                       .n_headers = authorization ? 1 : 0,
                                       .body = str_from(body),
                                       .peer = STR("192.0.2.7"),
                                       .client_subject = STR_EMPTY,
                                       .http_version = 0x101};
    flow_request(&w->deps, fake_exchange_new(&w->arena, &request, &answer));
    if (!answer.is_answered) {
        world_ledger(w);
        world_queries(w);
    }
    assert_true(answer.is_answered);
    return answer;
}

const char *world_token(struct world *w, enum role role)
{
    struct str text = str_printf(&w->arena, "tok-%s", role_name(role));
    struct api_token token;
    struct digest digest;
    struct err err = ERR_INIT;
    uint8_t hash[API_TOKEN_HASH];
    digest_init(&digest, sizeof(hash));
    digest_add(&digest, text);
    digest_end(&digest, hash);
    assert_int_equal(store_token_create(&w->store, &w->arena, str_from(role_name(role)), role, hash,
                                        0, &token, &err),
                     OK);
    return str_printf(&w->arena, "Bearer %.*s", STR_ARG(text)).p;
}

/* A person presses again when it did not work. */
enum transition world_respond(struct world *w, size_t nth, struct response response)
{
    response.actor = STR("user:anna");
    response.through = STR("test");
    struct responded done;
    for (int tries = 0;; tries++) {
        struct err err = ERR_INIT;
        assert_true(tries < 3);
        if (respond(&w->deps, &w->store, &w->arena, world_incident(w, nth)->id, &response, 0, NULL,
                    STR("192.0.2.7"), &done, &err) == OK) {
            return done.transition;
        }
        assert_true(status_is_retryable(err.code));
        assert_null(w->db.owner);
    }
}

enum transition world_acknowledge(struct world *w, size_t nth)
{
    return world_respond(w, nth, (struct response){.kind = RESPONSE_ACKNOWLEDGE});
}

/* ---- looking --------------------------------------------------------------------------------- */

/* Not by number: numbers have gaps where a transaction was rolled back. */
struct incident *world_incident(struct world *w, size_t nth)
{
    assert_true(nth >= 1 && nth <= w->db.t.incidents.n);
    return &w->db.t.incidents.v[nth - 1];
}

size_t world_events(const struct world *w, size_t nth, enum event_kind kind)
{
    size_t n = 0;
    const struct incident *in = world_incident((struct world *)(uintptr_t)w, nth);
    for (size_t i = 0; i < w->db.t.events.n; i++) {
        const struct timeline_row *row = &w->db.t.events.v[i];
        n += uuid_eq(row->incident, in->id) && row->entry.kind == kind;
    }
    return n;
}

size_t world_deliveries(const struct world *w, enum notice_kind kind, enum delivery_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < w->db.t.deliveries.n; i++) {
        n += w->db.t.deliveries.v[i].d.kind == kind && w->db.t.deliveries.v[i].state == state;
    }
    return n;
}

struct str world_fact(const struct world *w, enum event_kind kind, const char *name)
{
    for (size_t i = w->db.t.events.n; i-- > 0;) {
        const struct timeline_entry *entry = &w->db.t.events.v[i].entry;
        for (size_t k = 0; entry->kind == kind && k < entry->n_facts; k++) {
            if (strcmp(entry->facts[k].name, name) == 0) {
                return entry->facts[k].value;
            }
        }
    }
    return STR_EMPTY;
}

static bool is_page_attempt(const struct timeline_entry *entry)
{
    for (size_t i = 0; entry->kind == EVENT_ATTEMPT && i < entry->n_facts; i++) {
        if (strcmp(entry->facts[i].name, "what") == 0) {
            return str_eq(entry->facts[i].value, STR("page"));
        }
    }
    return false;
}

/* One incident's timeline: 1, 2, 3, … in order, and no page behind an acknowledgement. */
static void check_timeline(const struct world *w, size_t nth)
{
    const struct incident *in = &w->db.t.incidents.v[nth - 1];
    int64_t seq = 0;
    bool is_quiet = false;
    for (size_t i = 0; i < w->db.t.events.n; i++) {
        const struct timeline_row *row = &w->db.t.events.v[i];
        if (!uuid_eq(row->incident, in->id)) {
            continue;
        }
        assert_int_equal(row->entry.seq, ++seq);
        if (row->entry.kind == EVENT_OPENED || row->entry.kind == EVENT_REOPENED ||
            row->entry.kind == EVENT_UNACKNOWLEDGED || row->entry.kind == EVENT_ESCALATED ||
            row->entry.kind == EVENT_REASSIGNED) {
            is_quiet = false;
        }
        if (row->entry.kind == EVENT_ACKNOWLEDGED || row->entry.kind == EVENT_SNOOZED ||
            row->entry.kind == EVENT_RESOLVED) {
            is_quiet = true;
        }
        assert_false(is_quiet && is_page_attempt(&row->entry));
    }
    assert_int_equal(seq, in->seq);
    assert_true(in->state_seq <= in->seq && in->ack_seq <= in->seq);
    /* An open incident whose escalation stands still has told somebody, or says why not. */
    if (in->state == INCIDENT_OPEN && in->wake_at == AT_NONE && in->receiver.n &&
        !str_eq(in->receiver, STR("quiet"))) {
        assert_true(world_events(w, nth, EVENT_ESCALATION_ENDED) +
                        world_events(w, nth, EVENT_NOBODY_REACHED) >
                    0);
    }
}

static void check_alerts(const struct world *w, const struct incident *in)
{
    int64_t firing = 0, total = 0;
    for (size_t i = 0; i < w->db.t.alerts.n; i++) {
        const struct alert_row *row = &w->db.t.alerts.v[i];
        if (uuid_eq(row->incident, in->id)) {
            total++;
            firing += row->alert.status == ALERT_FIRING;
        }
    }
    assert_int_equal(in->firing, firing);
    assert_int_equal(in->total, total);
}

void world_check(const struct world *w)
{
    assert_null(w->db.owner);
    for (size_t i = 0; i < w->db.t.incidents.n; i++) {
        check_timeline(w, i + 1);
        check_alerts(w, &w->db.t.incidents.v[i]);
    }
}
