/* `receivers:` — what happens for an incident. */
#include "wire/schema.h"

struct resolve_draft {
    bool notice;
    const struct yaml_node *except;
    int64_t silence_us;
};

struct flap_draft {
    int cycles;
    int64_t within_us, settle_us;
};

static const struct field flap_fields[] = {
    {.key = "cycles",
     .type = FIELD_COUNT,
     .offset = offsetof(struct flap_draft, cycles),
     .fallback = "3",
     .min = 0,
     .max = FLAP_CYCLES_MAX,
     .help = "So many openings make it flap, at least 2; 0: nothing ever flaps."},
    {.key = "within",
     .type = FIELD_DURATION,
     .offset = offsetof(struct flap_draft, within_us),
     .fallback = "10m",
     .min = US_PER_MIN,
     .max = US_PER_DAY,
     .help = "Within this time."},
    {.key = "settle",
     .type = FIELD_DURATION,
     .offset = offsetof(struct flap_draft, settle_us),
     .fallback = "5m",
     .min = US_PER_MIN,
     .max = US_PER_DAY,
     .help = "It has settled when it kept firing, or kept quiet, for this long. Then it pages, or "
             "those who were told hear that it is over."},
};
static SCHEMA_DEFINE(schema_flap, "flap", flap_fields);

struct storm_draft {
    int pages, reserve;
    int64_t within_us;
    const struct yaml_node *severity;
};

static const struct field storm_fields[] = {
    {.key = "pages",
     .type = FIELD_COUNT,
     .offset = offsetof(struct storm_draft, pages),
     .fallback = "20",
     .min = 0,
     .max = 10000,
     .help = "More pages than this for one destination are a storm; 0: never."},
    {.key = "within",
     .type = FIELD_DURATION,
     .offset = offsetof(struct storm_draft, within_us),
     .fallback = "1m",
     .min = US_PER_S,
     .max = US_PER_HOUR,
     .help = "Within this time. A storm is over when fewer come again for about as long."},
    {.key = "reserve",
     .type = FIELD_COUNT,
     .offset = offsetof(struct storm_draft, reserve),
     .min = 0,
     .max = 10000,
     .help = "So many of them are kept for first pages of urgent incidents, which are sent one by "
             "one even during a storm; default: a quarter."},
    {.key = "severity",
     .type = FIELD_NODE,
     .shape = "list of severities",
     .offset = offsetof(struct storm_draft, severity),
     .help =
         "What is urgent; default: critical, page, emergency, disaster, fatal, high, p1, sev1."},
};
static SCHEMA_DEFINE(schema_storm, "storm", storm_fields);

struct receiver_draft {
    struct str name;
    struct notify_nodes notify;
    const struct yaml_node *escalation, *severity, *foreign, *messages;
    int64_t hold_us, remind_us, unack_us;
    struct resolve_draft resolve;
    struct flap_draft flap;
    struct storm_draft storm;
};

static const struct field resolve_fields[] = {
    {.key = "notice",
     .type = FIELD_BOOL,
     .offset = offsetof(struct resolve_draft, notice),
     .fallback = "true",
     .help = "Those who were paged are told when it is over."},
    {.key = "except",
     .type = FIELD_NODE,
     .shape = "list of targets",
     .offset = offsetof(struct resolve_draft, except),
     .help = "These places are not told: slack:, telegram:, email: and webhook: as in notify."},
    {.key = "after_silence",
     .type = FIELD_DURATION,
     .offset = offsetof(struct resolve_draft, silence_us),
     .fallback = "0s",
     .min = 0,
     .max = 90 * US_PER_DAY,
     .help =
         "No news of any of its alerts for this long: resolved, and said so; 0s: never. Must be "
         "longer than the sender's repeat_interval."},
};
static SCHEMA_DEFINE(schema_resolve, "resolve", resolve_fields);

#define AM_BLOCK(name)                                                                             \
    {                                                                                              \
        .key = #name "_configs", .type = FIELD_NODE, .shape = "list",                              \
        .offset = offsetof(struct receiver_draft, foreign), .schema = &schema_##name##_config,     \
        .help = "Alertmanager's block."                                                            \
    }
#define NO_BLOCK(name)                                                                             \
    {                                                                                              \
        .key = name "_configs", .type = FIELD_IGNORED, .help = "there is no such channel"          \
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
     .offset = offsetof(struct receiver_draft, notify.notify),
     .help = "Short form: one step, no waits."},
    {.key = "via",
     .type = FIELD_NODE,
     .shape = "list of channels",
     .offset = offsetof(struct receiver_draft, notify.via),
     .help = "For the short form."},
    {.key = "round_robin",
     .type = FIELD_NODE,
     .shape = "true or false",
     .offset = offsetof(struct receiver_draft, notify.in_turn),
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
    {.key = "remind",
     .type = FIELD_DURATION,
     .offset = offsetof(struct receiver_draft, remind_us),
     .fallback = "0s",
     .min = 0,
     .max = 30 * US_PER_DAY,
     .help = "Who acknowledged is reminded this often while it still fires; 0s: never."},
    {.key = "unack",
     .type = FIELD_DURATION,
     .offset = offsetof(struct receiver_draft, unack_us),
     .fallback = "0s",
     .min = 0,
     .max = 30 * US_PER_DAY,
     .help = "A reminder without an answer for this long: the escalation starts again; 0s: never."},
    {.key = "severity",
     .type = FIELD_NODE,
     .shape = "map of words",
     .offset = offsetof(struct receiver_draft, severity),
     .help = "Renames severities: { page: critical }."},
    {.key = "messages",
     .type = FIELD_NODE,
     .shape = "map of templates",
     .offset = offsetof(struct receiver_draft, messages),
     .schema = &schema_messages,
     .help = "What its messages say instead of the usual, part by part (docs/templates.md)."},
    {.key = "labels",
     .type = FIELD_IGNORED,
     .help = "it is Alertmanager's; messages do not show it"},
    {.key = "flap",
     .type = FIELD_MAP,
     .offset = offsetof(struct receiver_draft, flap),
     .schema = &schema_flap,
     .help = "An incident that opens and clears again and again is told of once, and pages again "
             "when it has settled."},
    {.key = "storm",
     .type = FIELD_MAP,
     .offset = offsetof(struct receiver_draft, storm),
     .schema = &schema_storm,
     .help = "Many pages for one destination at once become one summary there, which is edited as "
             "it grows. Every page is sent or named in it."},
    AM_BLOCK(slack),
    AM_BLOCK(telegram),
    AM_BLOCK(email),
    AM_BLOCK(webhook),
    NO_BLOCK("pagerduty"),
    NO_BLOCK("opsgenie"),
    NO_BLOCK("discord"),
    NO_BLOCK("msteams"),
    NO_BLOCK("msteamsv2"),
    NO_BLOCK("pushover"),
    NO_BLOCK("victorops"),
    NO_BLOCK("wechat"),
    NO_BLOCK("webex"),
    NO_BLOCK("sns"),
    NO_BLOCK("jira"),
    NO_BLOCK("rocketchat"),
    NO_BLOCK("mattermost"),
    NO_BLOCK("incidentio"),
};
SCHEMA_DEFINE(schema_receiver, "receiver", receiver_fields);

static void bind_severities(struct binder *b, const struct yaml_node *node,
                            struct receiver *receiver)
{
    if (node->kind != YAML_MAP) {
        bind_error(b, node, STR("write severity: { page: critical }"), "severity must be a map");
        return;
    }
    struct severity_word *words = ARENA_ARRAY(b->arena, struct severity_word, node->n);
    for (size_t i = 0; i < node->n; i++) {
        struct severity_word *word = &words[receiver->n_severities];
        if (bind_text(b, node->pairs[i].key, "a severity", &word->from) &&
            bind_text(b, node->pairs[i].value, "a severity", &word->to)) {
            receiver->n_severities++;
        }
    }
    receiver->severities = words;
}

static void bind_storm(struct binder *b, const struct yaml_node *node,
                       const struct storm_draft *draft, struct receiver *receiver)
{
    const struct yaml_node *reserve = yaml_key(yaml_get(node, STR("storm")), STR("reserve"));
    receiver->storm = (struct storm_policy){.pages = draft->pages,
                                            .within_us = draft->within_us,
                                            .reserve = reserve ? draft->reserve : draft->pages / 4};
    if (reserve && draft->pages > 0 && draft->reserve >= draft->pages) {
        bind_error(b, reserve, STR_EMPTY, "the reserve must be smaller than pages (%d)",
                   draft->pages);
    }
    if (draft->severity) {
        bind_words(b, draft->severity, "a severity", &receiver->storm.severities,
                   &receiver->storm.n_severities);
    }
}

/* What happens beside the escalation: reminders, silence, words. */
static void bind_life(struct binder *b, const struct yaml_node *node,
                      const struct receiver_draft *draft, struct receiver *receiver)
{
    if (draft->unack_us > 0 && draft->remind_us == 0) {
        bind_error(b, yaml_key(node, STR("unack")), STR("add remind: 1h"),
                   "unack follows an unanswered reminder: it needs \"remind\"");
    }
    bool is_too_quick = draft->remind_us > 0 && draft->remind_us < US_PER_MIN;
    if (is_too_quick || (draft->unack_us > 0 && draft->unack_us < US_PER_MIN)) {
        bind_error(b, yaml_key(node, is_too_quick ? STR("remind") : STR("unack")), STR_EMPTY,
                   "%s must be at least 1m", is_too_quick ? "remind" : "unack");
    }
    if (draft->resolve.except) {
        bind_quiet_ends(b, draft->resolve.except, receiver);
    }
    if (draft->flap.cycles == 1) {
        bind_error(b, yaml_key(yaml_get(node, STR("flap")), STR("cycles")),
                   STR("write 0 for never"), "one opening is not flapping yet");
    }
    receiver->flap =
        (struct flap_policy){draft->flap.cycles, draft->flap.within_us, draft->flap.settle_us};
    bind_storm(b, node, &draft->storm, receiver);
    receiver->plan.remind_us = draft->remind_us;
    receiver->plan.unack_us = draft->unack_us;
    receiver->plan.silence_us = draft->resolve.silence_us;
    if (draft->severity) {
        bind_severities(b, draft->severity, receiver);
    }
}

static void check_single_form(struct binder *b, const struct yaml_node *node,
                              const struct receiver_draft *draft)
{
    if (draft->notify.notify) {
        bind_error(b, yaml_key(node, STR("notify")), STR("keep one form"),
                   "a receiver has either \"notify\" or Alertmanager's blocks");
    }
}

static void bind_receiver(struct binder *b, const struct entry *entry, struct receiver *receiver)
{
    const struct flap_policy flap = FLAP_POLICY_DEFAULT;
    const struct storm_policy storm = STORM_POLICY_DEFAULT;
    struct receiver_draft draft = {.resolve.notice = true,
                                   .flap = {flap.cycles, flap.within_us, flap.settle_us},
                                   .storm = {storm.pages, storm.reserve, storm.within_us, NULL}};
    *receiver = (struct receiver){.name = entry->name,
                                  .where = bind_where(b, entry->key),
                                  .sends_resolve = true,
                                  .flap = flap,
                                  .storm = storm};
    if (!schema_bind(b, &schema_receiver, entry->node, &draft)) {
        return;
    }
    if (draft.escalation && draft.foreign) {
        bind_error(b, yaml_key(entry->node, STR("escalation")), STR("keep one form"),
                   "a receiver has either \"escalation\" or Alertmanager's blocks");
    } else if (draft.escalation && draft.notify.notify) {
        bind_error(b, yaml_key(entry->node, STR("notify")), STR("make it the first step"),
                   "a receiver has either \"notify\" or \"escalation\"");
    } else if (draft.escalation) {
        receiver->plan = bind_escalation(b, draft.escalation);
    } else if (bind_alertmanager_receiver(b, entry->node, receiver)) {
        check_single_form(b, entry->node, &draft);
    } else if (draft.notify.notify) {
        receiver->plan = bind_short_plan(b, &draft.notify);
    }
    bind_check_notify(b, entry->node, &draft.notify, STR("write it in the step"));
    if (draft.messages && draft.foreign) {
        bind_error(b, yaml_key(entry->node, STR("messages")), STR("keep one form"),
                   "a receiver has either \"messages\" or Alertmanager's blocks");
    } else if (draft.messages) {
        bind_messages(b, draft.messages, receiver);
    }
    receiver->hold_us = draft.hold_us;
    receiver->has_hold = yaml_get(entry->node, STR("hold")) != NULL;
    bind_life(b, entry->node, &draft, receiver);
    receiver->sends_resolve = draft.resolve.notice;
}

static bool has_reachable(const struct user *const *users, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (users[i]->n_contacts > 0) {
            return true;
        }
    }
    return false;
}

static bool is_reachable(const struct directory *d, const struct target *target)
{
    if (target->kind == TARGET_USER) {
        const struct user *user = directory_user(d, target->name);
        return user && user->n_contacts > 0;
    }
    if (target->kind == TARGET_TEAM) {
        const struct team *team = directory_team(d, target->name);
        return team && has_reachable(team->members, team->n_members);
    }
    if (target->kind == TARGET_SCHEDULE) {
        const struct schedule *schedule = directory_schedule(d, target->name);
        for (size_t i = 0; schedule && i < schedule->n_layers; i++) {
            if (has_reachable(schedule->layers[i].users, schedule->layers[i].n_users)) {
                return true;
            }
        }
        return schedule && schedule->overrides.n > 0;
    }
    return true;
}

/* Steps that can tell nobody at any time. `via` is not looked at: it only narrows. */
static void check_reach(struct binder *b, const struct entry *entry, const struct receiver *r)
{
    bool has_target = false;
    for (size_t i = 0; i < r->plan.n_steps; i++) {
        const struct step *step = &r->plan.steps[i];
        for (size_t k = 0; step->kind == STEP_NOTIFY && k < step->n_targets; k++) {
            has_target = true;
            if (is_reachable(&b->settings->directory, &step->targets[k])) {
                return;
            }
        }
    }
    if (r->plan.n_steps > 0 && (has_target || b->n_errors == 0)) {
        bind_warning(b, entry->key,
                     has_target ? STR("give them slack:, telegram: or email: under users:")
                                : STR("add a notify step"),
                     "receiver \"%.*s\" reaches nobody", STR_ARG(entry->name));
    }
}

void bind_receivers(struct binder *b)
{
    const struct entries *entries = &b->sections.receivers;
    struct receiver *receivers = ARENA_ARRAY(b->arena, struct receiver, entries->n);
    for (size_t i = 0; i < entries->n; i++) {
        b->file = entries->v[i].file;
        bind_receiver(b, &entries->v[i], &receivers[i]);
        check_reach(b, &entries->v[i], &receivers[i]);
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
