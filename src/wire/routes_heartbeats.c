/* `heartbeats:` — signs of life that are expected, from whom, and what their absence is as an
 * alert. */
#include "domain/heartbeat.h"

#include "wire/matcher_syntax.h"
#include "wire/schema.h"

enum { LABELS_MAX = 30 };
#define EVERY_MIN_US (10 * US_PER_S)
#define EVERY_MAX_US (400 * US_PER_DAY)

struct heartbeat_draft {
    int64_t every_us, grace_us;
    const struct yaml_node *auth, *labels;
    struct match_nodes match;
    struct str summary;
};

static const struct field heartbeat_fields[] = {
    {.key = "every",
     .type = FIELD_DURATION,
     .offset = offsetof(struct heartbeat_draft, every_us),
     .min = EVERY_MIN_US,
     .max = EVERY_MAX_US,
     .is_required = true,
     .help = "How often one is expected; counted from the one before, or from when it was first "
             "known."},
    {.key = "grace",
     .type = FIELD_DURATION,
     .offset = offsetof(struct heartbeat_draft, grace_us),
     .max = EVERY_MAX_US,
     .fallback = "1m",
     .help = "How much later it may come before it counts as missed."},
    {.key = "auth",
     .type = FIELD_NODE,
     .shape = "map, or none",
     .offset = offsetof(struct heartbeat_draft, auth),
     .schema = &schema_auth,
     .help = "How who sends it to /v1/heartbeats/NAME proves who they are, as under sources."},
    {.key = "matchers",
     .type = FIELD_NODE,
     .shape = "list of matchers",
     .offset = offsetof(struct heartbeat_draft, match.matchers),
     .help = "Firing alerts that fit are beats of it (Prometheus' Watchdog) and go no further."},
    {.key = "labels",
     .type = FIELD_NODE,
     .shape = "map of labels",
     .offset = offsetof(struct heartbeat_draft, labels),
     .help = "Of the alert when it is missed, for the routing tree; besides these it has "
             "heartbeat, and "
             "alertname HeartbeatMissed and severity critical unless they say otherwise."},
    {.key = "summary",
     .type = FIELD_TEXT,
     .offset = offsetof(struct heartbeat_draft, summary),
     .help = "What people read first; without it: no heartbeat from NAME."},
};
SCHEMA_DEFINE(schema_heartbeat, "heartbeat", heartbeat_fields);

static void bind_labels(struct binder *b, const struct yaml_node *node, struct heartbeat *h)
{
    struct label v[LABELS_MAX + 3] = {{STR("alertname"), STR("HeartbeatMissed")},
                                      {STR("severity"), STR("critical")}};
    size_t n = 2;
    bool is_map = node && node->kind == YAML_MAP;
    if (node && (!is_map || node->n > LABELS_MAX)) {
        bind_error(b, node, STR("write labels: { team: ops }"),
                   "labels must be a map of at most %d labels", LABELS_MAX);
        is_map = false;
    }
    for (size_t i = 0; is_map && i < node->n; i++) {
        const struct yaml_node *key = node->pairs[i].key, *value = node->pairs[i].value;
        if (!label_name_is_classic(key->text) || str_eq(key->text, STR("heartbeat"))) {
            bind_error(b, key, STR_EMPTY, "\"%.*s\" cannot be one of its labels",
                       STR_ARG(key->text));
        } else {
            v[n].name = key->text;
            n += bind_text(b, value, "a label's value", &v[n].value);
        }
    }
    v[n++] = (struct label){STR("heartbeat"), h->name};
    h->labels = labels_make(b->arena, v, n); /* the last of equal names wins */
}

static void bind_heartbeat(struct binder *b, const struct entry *entry, struct heartbeat *h)
{
    struct heartbeat_draft draft = {.summary = STR_EMPTY};
    *h = (struct heartbeat){
        .name = entry->name, .where = bind_where(b, entry->key), .summary = STR_EMPTY};
    bind_path_name(b, entry->key, "heartbeat", entry->name);
    if (!schema_bind(b, &schema_heartbeat, entry->node, &draft)) {
        return;
    }
    h->every_us = draft.every_us;
    h->grace_us = draft.grace_us;
    h->summary = draft.summary;
    h->has_matchers = draft.match.matchers != NULL;
    h->matchers = bind_all_matchers(b, &draft.match);
    bind_labels(b, draft.labels, h);
    if (draft.auth) {
        struct source *by = ARENA_NEW(b->arena, struct source);
        *by = bind_new_source(entry->name, h->where);
        bind_auth(b, draft.auth, by);
        h->by = by;
    }
    if (!draft.auth && !h->has_matchers) {
        bind_error(b, entry->key,
                   STR("add auth: { bearer: !env NAME }, or matchers: ['alertname=\"Watchdog\"']"),
                   "nothing can send heartbeat \"%.*s\"", STR_ARG(entry->name));
    }
    if (h->has_matchers && draft.match.matchers->kind == YAML_SEQ && draft.match.matchers->n == 0) {
        bind_error(b, entry->key, STR("write matchers: ['alertname=\"Watchdog\"']"),
                   "every alert would be heartbeat \"%.*s\"", STR_ARG(entry->name));
    }
}

void bind_heartbeats(struct binder *b)
{
    const struct entries *entries = &b->sections.heartbeats;
    struct heartbeat *v = ARENA_ARRAY(b->arena, struct heartbeat, entries->n);
    if (entries->n > HEARTBEATS_MAX) {
        b->file = entries->v[HEARTBEATS_MAX].file;
        bind_error(b, entries->v[HEARTBEATS_MAX].key, STR_EMPTY, "more than %d heartbeats",
                   HEARTBEATS_MAX);
        return;
    }
    for (size_t i = 0; i < entries->n; i++) {
        b->file = entries->v[i].file;
        bind_heartbeat(b, &entries->v[i], &v[i]);
        b->settings->has_fed_heartbeats |= v[i].has_matchers;
    }
    b->settings->heartbeats = v;
    b->settings->n_heartbeats = entries->n;
}
