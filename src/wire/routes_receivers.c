/* `receivers:` — what happens for an incident. */
#include "wire/schema.h"

struct resolve_draft {
    bool notice;
};

struct receiver_draft {
    struct str name;
    const struct yaml_node *escalation, *notify, *via;
    int64_t hold_us;
    struct resolve_draft resolve;
};

static const struct field resolve_fields[] = {
    {.key = "notice",
     .type = FIELD_BOOL,
     .offset = offsetof(struct resolve_draft, notice),
     .fallback = "true",
     .help = "Those who were paged are told when it is over."},
    {.key = "after_silence", .type = FIELD_LATER, .help = "No news for this long: resolved."},
};
static SCHEMA_DEFINE(schema_resolve, "resolve", resolve_fields);

#define AM_BLOCK(name)                                                                             \
    {                                                                                              \
        .key = name "_configs", .type = FIELD_IGNORED,                                             \
        .help = "Alertmanager's own blocks are not supported yet; use notify"                      \
    }

static const struct field receiver_fields[] = {
    {.key = "name",
     .type = FIELD_TEXT,
     .offset = offsetof(struct receiver_draft, name),
     .is_required = true,
     .help = "What routes call it."},
    {.key = "escalation",
     .type = FIELD_NODE,
     .shape = "list of steps",
     .offset = offsetof(struct receiver_draft, escalation),
     .schema = &schema_step,
     .help = "Steps from top to bottom until somebody acknowledges. None: stored and visible, "
             "nobody is told."},
    {.key = "notify",
     .type = FIELD_NODE,
     .shape = "list of targets",
     .offset = offsetof(struct receiver_draft, notify),
     .help = "Short form: one step, no waits."},
    {.key = "via",
     .type = FIELD_NODE,
     .shape = "list of channels",
     .offset = offsetof(struct receiver_draft, via),
     .help = "For the short form."},
    {.key = "hold",
     .type = FIELD_DURATION,
     .offset = offsetof(struct receiver_draft, hold_us),
     .fallback = "0s",
     .min = 0,
     .max = US_PER_DAY,
     .help = "Page only if it still fires after this."},
    {.key = "resolve",
     .type = FIELD_MAP,
     .offset = offsetof(struct receiver_draft, resolve),
     .schema = &schema_resolve,
     .help = "What happens when it is over."},
    {.key = "remind", .type = FIELD_LATER, .help = "Remind while acknowledged and still firing."},
    {.key = "unack", .type = FIELD_LATER, .help = "Escalate again after an unanswered reminder."},
    AM_BLOCK("slack"),
    AM_BLOCK("telegram"),
    AM_BLOCK("email"),
    AM_BLOCK("webhook"),
    AM_BLOCK("pagerduty"),
    AM_BLOCK("opsgenie"),
    AM_BLOCK("discord"),
    AM_BLOCK("msteams"),
    AM_BLOCK("msteamsv2"),
    AM_BLOCK("pushover"),
    AM_BLOCK("victorops"),
    AM_BLOCK("wechat"),
    AM_BLOCK("webex"),
    AM_BLOCK("sns"),
    AM_BLOCK("jira"),
    AM_BLOCK("rocketchat"),
    AM_BLOCK("mattermost"),
    AM_BLOCK("incidentio"),
};
SCHEMA_DEFINE(schema_receiver, "receiver", receiver_fields);

static void bind_receiver(struct binder *b, const struct entry *entry, struct receiver *receiver)
{
    struct receiver_draft draft = {.resolve.notice = true};
    *receiver = (struct receiver){
        .name = entry->name, .where = bind_where(b, entry->key), .sends_resolve = true};
    if (!schema_bind(b, &schema_receiver, entry->node, &draft)) {
        return;
    }
    if (draft.escalation && draft.notify) {
        bind_error(b, yaml_key(entry->node, STR("notify")), STR("make it the first step"),
                   "a receiver has either \"notify\" or \"escalation\"");
    } else if (draft.escalation) {
        receiver->plan = bind_escalation(b, draft.escalation);
    } else if (draft.notify) {
        receiver->plan = bind_short_plan(b, draft.notify, draft.via);
    }
    if (draft.via && !draft.notify) {
        bind_error(b, yaml_key(entry->node, STR("via")), STR("write it in the step"),
                   "\"via\" belongs to \"notify\"");
    }
    receiver->hold_us = draft.hold_us;
    receiver->sends_resolve = draft.resolve.notice;
}

void bind_receivers(struct binder *b)
{
    const struct entries *entries = &b->sections.receivers;
    struct receiver *receivers = ARENA_ARRAY(b->arena, struct receiver, entries->n);
    for (size_t i = 0; i < entries->n; i++) {
        b->file = entries->v[i].file;
        bind_receiver(b, &entries->v[i], &receivers[i]);
    }
    b->settings->receivers = receivers;
    b->settings->n_receivers = entries->n;
}

void bind_receiver_names(struct binder *b)
{
    const struct entries *entries = &b->sections.receivers;
    struct receiver *receivers = ARENA_ARRAY(b->arena, struct receiver, entries->n);
    for (size_t i = 0; i < entries->n; i++) {
        b->file = entries->v[i].file;
        receivers[i] = (struct receiver){.name = entries->v[i].name,
                                         .where = bind_where(b, entries->v[i].key)};
    }
    b->settings->receivers = receivers;
    b->settings->n_receivers = entries->n;
}
