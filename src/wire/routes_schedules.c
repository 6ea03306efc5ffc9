/* `schedules:` — layers of rotations, and overrides. All times are wall times of the schedule's (or
 * the layer's) zone. */
#include "formats/duration.h"
#include "wire/schema.h"
#include "wire/zone_text.h"

enum { LAYERS_MAX = 32, GAP_EDGES_MAX = 4000, GAP_SCHEDULES_MAX = 1000 };
#define GAP_LOOKAHEAD_US (90 * US_PER_DAY)

struct layer_draft {
    struct str rotation, handoff;
    const struct yaml_node *from, *until, *users, *timezone, *only, *except;
};

struct override_draft {
    struct str user, reason;
    const struct yaml_node *from, *to;
};

struct schedule_draft {
    const struct yaml_node *layers, *timezone, *overrides;
};

static const struct field layer_fields[] = {
    {.key = "rotation",
     .type = FIELD_TEXT,
     .shape = "hourly, daily, weekly, monthly or a duration",
     .offset = offsetof(struct layer_draft, rotation),
     .is_required = true,
     .help = "How long a turn lasts, on the wall clock."},
    {.key = "handoff",
     .type = FIELD_TEXT,
     .shape = "\"09:00\", \"monday 09:00\" or \"1 09:00\"",
     .offset = offsetof(struct layer_draft, handoff),
     .help = "When turns change: a time of day, with a weekday (weekly) or a day of the month "
             "(monthly; in shorter months the last day); default: day and time of `from`."},
    {.key = "from",
     .type = FIELD_NODE,
     .shape = "2026-01-05 or \"2026-01-05 09:00\"",
     .offset = offsetof(struct layer_draft, from),
     .is_required = true,
     .help = "The first turn starts with the first handoff at or after this; nobody is on call "
             "before."},
    {.key = "until",
     .type = FIELD_NODE,
     .shape = "2026-12-31 or \"2026-12-31 09:00\"",
     .offset = offsetof(struct layer_draft, until),
     .help = "The layer ends with this moment."},
    {.key = "users",
     .type = FIELD_NODE,
     .shape = "list of users",
     .offset = offsetof(struct layer_draft, users),
     .is_required = true,
     .help = "In the order of their turns."},
    {.key = "timezone",
     .type = FIELD_NODE,
     .shape = "time zone",
     .offset = offsetof(struct layer_draft, timezone),
     .help = "Of this layer; default: the schedule's."},
    {.key = "only",
     .type = FIELD_NODE,
     .shape = "list of time intervals",
     .offset = offsetof(struct layer_draft, only),
     .help = "When this layer counts: names under time_intervals, or their entries written here "
             "(times of the layer's zone)."},
    {.key = "except",
     .type = FIELD_NODE,
     .shape = "list of time intervals",
     .offset = offsetof(struct layer_draft, except),
     .help = "When it does not, even if `only` says so."},
};
static SCHEMA_DEFINE(schema_layer, "layer", layer_fields);

static const struct field override_fields[] = {
    {.key = "user",
     .type = FIELD_TEXT,
     .offset = offsetof(struct override_draft, user),
     .is_required = true,
     .help = "Who is on call instead."},
    {.key = "from",
     .type = FIELD_NODE,
     .shape = "\"2026-12-31 12:00\"",
     .offset = offsetof(struct override_draft, from),
     .is_required = true,
     .help = "Since when."},
    {.key = "to",
     .type = FIELD_NODE,
     .shape = "\"2027-01-02 12:00\"",
     .offset = offsetof(struct override_draft, to),
     .is_required = true,
     .help = "Until when."},
    {.key = "reason",
     .type = FIELD_TEXT,
     .offset = offsetof(struct override_draft, reason),
     .help = "Shown with it."},
};
static SCHEMA_DEFINE(schema_override, "override", override_fields);

static const struct field schedule_fields[] = {
    {.key = "layers",
     .type = FIELD_NODE,
     .shape = "list",
     .offset = offsetof(struct schedule_draft, layers),
     .schema = &schema_layer,
     .is_required = true,
     .help = "Rotations; where several count, the last one wins."},
    {.key = "timezone",
     .type = FIELD_NODE,
     .shape = "time zone",
     .offset = offsetof(struct schedule_draft, timezone),
     .help = "Of all times of the schedule; default: the file's. A handoff that clocks skip comes "
             "later by the gap, one that they repeat is the first of the two."},
    {.key = "overrides",
     .type = FIELD_NODE,
     .shape = "list",
     .offset = offsetof(struct schedule_draft, overrides),
     .schema = &schema_override,
     .help = "Somebody else for some time; they win over all layers."},
};
SCHEMA_DEFINE(schema_schedule, "schedule", schedule_fields);

/* --- turns ---------------------------------------------------------------------------------- */

struct handoff {
    int weekday;   /* 0 Sunday; -1: none given */
    int month_day; /* 0: none given */
    int64_t clock_us;
};

static bool parse_handoff(struct str text, struct handoff *ret)
{
    struct str rest = text, word = str_cut(&rest, ' ');
    uint64_t day = 0;
    *ret = (struct handoff){.weekday = -1};
    if (!rest.p) {
        return clock_parse(text, &ret->clock_us);
    }
    if (!weekday_parse(word, &ret->weekday)) {
        if (!str_to_u64(word, &day) || day < 1 || day > 31) {
            return false;
        }
        ret->month_day = (int)day;
    }
    return clock_parse(rest, &ret->clock_us);
}

static bool bind_rotation(struct binder *b, const struct yaml_node *node, struct str text,
                          struct layer *layer)
{
    static const struct {
        struct str word;
        int64_t turn_us;
    } words[] = {{{"hourly", 6}, US_PER_HOUR},
                 {{"daily", 5}, US_PER_DAY},
                 {{"weekly", 6}, 7 * US_PER_DAY},
                 {{"monthly", 7}, 0}};
    struct err err = ERR_INIT;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq(text, words[i].word)) {
            layer->is_monthly = words[i].turn_us == 0;
            layer->turn_us = words[i].turn_us;
            return true;
        }
    }
    if (duration_parse(text, &layer->turn_us, &err) != OK ||
        layer->turn_us < SCHEDULE_TURN_MIN_US) {
        layer->turn_us = US_PER_DAY;
        bind_error(b, node,
                   STR("write hourly, daily, weekly, monthly or a length of at least 1m, like 12h"),
                   "rotation \"%.*s\" is not a length of time", STR_ARG(text));
        return false;
    }
    return true;
}

static bool bind_wall(struct binder *b, const struct yaml_node *node, const char *what,
                      int64_t *ret_wall, bool *ret_has_clock)
{
    struct str text;
    if (!bind_text(b, node, what, &text)) {
        return false;
    }
    if (!wall_parse(text, ret_wall, ret_has_clock)) {
        bind_error(b, node, STR("write 2026-01-05 or \"2026-01-05 09:00\""),
                   "%s \"%.*s\" is not a day", what, STR_ARG(text));
        return false;
    }
    return true;
}

static bool bind_instant(struct binder *b, const struct yaml_node *node, const char *what,
                         const struct zone *zone, int64_t *ret_at)
{
    int64_t wall;
    bool has_clock;
    if (!bind_wall(b, node, what, &wall, &has_clock)) {
        return false;
    }
    *ret_at = zone_at_of_wall(zone, wall);
    return true;
}

static bool check_handoff(struct binder *b, const struct yaml_node *node, struct str text,
                          const struct layer *layer, struct handoff *ret)
{
    if (!parse_handoff(text, ret)) {
        bind_error(b, node, STR("write \"09:00\", \"monday 09:00\" or \"1 09:00\""),
                   "handoff \"%.*s\" is not a time of day", STR_ARG(text));
        return false;
    }
    if (ret->weekday >= 0 && (layer->is_monthly || layer->turn_us % (7 * US_PER_DAY) != 0)) {
        bind_error(b, node, STR("write rotation: weekly, or leave the day out"),
                   "a handoff on a weekday needs turns of whole weeks");
        return false;
    }
    if (ret->month_day > 0 && !layer->is_monthly) {
        bind_error(b, node, STR("write rotation: monthly, or leave the day out"),
                   "a handoff on a day of the month needs monthly turns");
        return false;
    }
    return true;
}

/* The day of the month in the month of that day, or its last one. */
static int64_t day_in_month(int64_t wall, int month_day)
{
    struct calendar_date date = calendar_from_at(wall).date;
    int last = calendar_month_days(date.year, date.month);
    date.day = month_day < last ? month_day : last;
    return calendar_to_days(date) * US_PER_DAY;
}

/* The first handoff at or after `from`, on the wall clock. */
static void set_start(struct layer *layer, const struct handoff *handoff, int64_t from_wall)
{
    struct calendar_time from = calendar_from_at(from_wall);
    int64_t day = calendar_to_days(from.date) * US_PER_DAY;
    if (layer->is_monthly) {
        layer->month_day = handoff->month_day ? handoff->month_day : from.date.day;
        int64_t wall = day_in_month(day, layer->month_day) + handoff->clock_us;
        if (wall < from_wall) {
            from.date.day = 1;
            int64_t next = calendar_to_days(from.date) + 31; /* some day of the next month */
            wall = day_in_month(next * US_PER_DAY, layer->month_day) + handoff->clock_us;
        }
        layer->start_wall = wall;
        return;
    }
    int64_t wall = day + handoff->clock_us;
    while (wall < from_wall ||
           (handoff->weekday >= 0 && calendar_from_at(wall).weekday != handoff->weekday)) {
        wall += US_PER_DAY;
    }
    layer->start_wall = wall;
}

static void bind_start(struct binder *b, const struct yaml_node *node,
                       const struct layer_draft *draft, struct layer *layer)
{
    int64_t from_wall;
    bool has_clock;
    struct handoff handoff = {.weekday = -1};
    if (!draft->from || !bind_wall(b, draft->from, "from", &from_wall, &has_clock)) {
        return;
    }
    struct calendar_time from = calendar_from_at(from_wall);
    handoff.clock_us = from.hour * US_PER_HOUR + from.minute * US_PER_MIN;
    if (!draft->handoff.n ||
        check_handoff(b, yaml_get(node, STR("handoff")), draft->handoff, layer, &handoff)) {
        set_start(layer, &handoff, from_wall);
    }
}

/* --- restrictions --------------------------------------------------------------------------- */

static const struct interval *const *bind_restriction(struct binder *b,
                                                      const struct yaml_node *node,
                                                      const char *what, const struct zone *zone,
                                                      size_t *ret_n)
{
    struct node_list list = {0};
    *ret_n = 0;
    if (!node) {
        return NULL;
    }
    if (node->kind == YAML_MAP) { /* one entry needs no list */
        list = (struct node_list){&node, 1};
    } else if (!bind_list(b, node, what, &list)) {
        return NULL;
    }
    if (list.n == 0) {
        bind_error(b, node, STR("leave it out"), "%s is empty", what);
    }
    const struct interval **v = ARENA_ARRAY(b->arena, const struct interval *, list.n);
    for (size_t i = 0; i < list.n; i++) {
        const struct interval *interval = list.v[i]->kind == YAML_MAP
                                              ? bind_inline_interval(b, list.v[i], zone)
                                              : bind_interval_reference(b, list.v[i]);
        if (interval) {
            v[(*ret_n)++] = interval;
        }
    }
    return v;
}

/* --- schedules ------------------------------------------------------------------------------ */

static void bind_layer(struct binder *b, const struct yaml_node *node, const struct zone *zone,
                       struct layer *layer)
{
    struct layer_draft draft = {0};
    *layer = (struct layer){.zone = zone, .turn_us = US_PER_DAY, .until_at = AT_NONE};
    if (!schema_bind(b, &schema_layer, node, &draft)) {
        return;
    }
    if (draft.timezone) {
        layer->zone = bind_zone(b, draft.timezone, "timezone");
    }
    if (draft.users) {
        layer->users = bind_user_list(b, draft.users, "users", true, &layer->n_users);
    }
    if (draft.rotation.n &&
        bind_rotation(b, yaml_get(node, STR("rotation")), draft.rotation, layer)) {
        bind_start(b, node, &draft, layer);
    } else if (draft.from) {
        int64_t wall;
        bool has_clock;
        (void)bind_wall(b, draft.from, "from", &wall, &has_clock);
    }
    if (draft.until && bind_instant(b, draft.until, "until", layer->zone, &layer->until_at) &&
        layer->until_at <= zone_at_of_wall(layer->zone, layer->start_wall)) {
        bind_error(b, draft.until, STR_EMPTY, "the layer ends before its first handoff");
    }
    layer->only = bind_restriction(b, draft.only, "only", layer->zone, &layer->n_only);
    layer->except = bind_restriction(b, draft.except, "except", layer->zone, &layer->n_except);
}

static bool bind_override(struct binder *b, const struct yaml_node *node,
                          const struct schedule *schedule, struct override *ret)
{
    struct override_draft draft = {0};
    *ret = (struct override){.schedule = schedule->id};
    if (!schema_bind(b, &schema_override, node, &draft) || !draft.user.n || !draft.from ||
        !draft.to) {
        return false;
    }
    const struct entry *user =
        bind_reference(b, &b->sections.users, "user", yaml_get(node, STR("user")), draft.user);
    if (!bind_instant(b, draft.from, "from", schedule->zone, &ret->from_at) ||
        !bind_instant(b, draft.to, "to", schedule->zone, &ret->to_at) || !user) {
        return false;
    }
    if (ret->to_at <= ret->from_at) {
        bind_error(b, draft.to, STR_EMPTY, "the override ends before it starts");
        return false;
    }
    ret->user = &b->settings->directory.users[user - b->sections.users.v];
    ret->reason = draft.reason;
    return true;
}

static void bind_overrides(struct binder *b, const struct yaml_node *node,
                           struct schedule *schedule)
{
    struct node_list list;
    if (!node || yaml_is_null(node) || !bind_list(b, node, "overrides", &list)) {
        return;
    }
    struct override *v = ARENA_ARRAY(b->arena, struct override, list.n);
    size_t n = 0;
    for (size_t i = 0; i < list.n; i++) {
        n += bind_override(b, list.v[i], schedule, &v[n]);
    }
    schedule->overrides = (struct overrides){v, n};
}

static struct str show_wall(struct binder *b, const struct zone *zone, int64_t at)
{
    struct calendar_time t = zone->civil_of(zone, at);
    return str_printf(b->arena, "%04d-%02d-%02d %02d:%02d", t.date.year, t.date.month, t.date.day,
                      t.hour, t.minute);
}

/* Holes in the next weeks are worth a warning: nobody would be paged. Bounded, because a routing
 * file may hold thousands of schedules. */
static void check_gaps(struct binder *b, const struct entry *entry, const struct schedule *s)
{
    int64_t now_at = b->env ? b->env->now_at : 0;
    size_t index = (size_t)(entry - b->sections.schedules.v);
    if (now_at <= 0 || b->n_errors > 0 || index >= GAP_SCHEDULES_MAX) {
        return;
    }
    struct arena arena;
    arena_init(&arena);
    struct shifts gaps = schedule_gaps(s, (struct overrides){0}, now_at, now_at + GAP_LOOKAHEAD_US,
                                       GAP_EDGES_MAX, &arena);
    if (gaps.n > 0) {
        struct str more =
            gaps.n > 1 ? str_printf(b->arena, ", and %zu more times", gaps.n - 1) : STR_EMPTY;
        bind_warning(b, entry->key, STR("add a layer before the others that covers it"),
                     "schedule \"%.*s\" has nobody on call from %.*s to %.*s (%.*s)%.*s in the "
                     "next 90 days",
                     STR_ARG(s->id), STR_ARG(show_wall(b, s->zone, gaps.v[0].from_at)),
                     STR_ARG(show_wall(b, s->zone, gaps.v[0].to_at)), STR_ARG(s->zone->name),
                     STR_ARG(more));
    }
    arena_release(&arena);
}

static void bind_schedule(struct binder *b, const struct entry *entry, struct schedule *schedule)
{
    struct schedule_draft draft = {0};
    struct node_list list = {0};
    *schedule = (struct schedule){.id = entry->name, .zone = b->settings->zone};
    if (!schema_bind(b, &schema_schedule, entry->node, &draft)) {
        return;
    }
    if (draft.timezone) {
        schedule->zone = bind_zone(b, draft.timezone, "timezone");
    }
    bind_overrides(b, draft.overrides, schedule);
    if (!draft.layers || !bind_list(b, draft.layers, "layers", &list)) {
        return;
    }
    if (list.n == 0) {
        bind_error(b, draft.layers, STR_EMPTY, "a schedule needs a layer");
    } else if (list.n > LAYERS_MAX) {
        bind_error(b, list.v[LAYERS_MAX], STR_EMPTY, "more than %d layers", LAYERS_MAX);
        return;
    }
    struct layer *layers = ARENA_ARRAY(b->arena, struct layer, list.n);
    for (size_t i = 0; i < list.n; i++) {
        bind_layer(b, list.v[i], schedule->zone, &layers[i]);
    }
    schedule->layers = layers;
    schedule->n_layers = list.n;
    check_gaps(b, entry, schedule);
}

void bind_schedules(struct binder *b)
{
    const struct entries *entries = &b->sections.schedules;
    struct schedule *schedules = ARENA_ARRAY(b->arena, struct schedule, entries->n);
    for (size_t i = 0; i < entries->n; i++) {
        b->file = entries->v[i].file;
        bind_schedule(b, &entries->v[i], &schedules[i]);
    }
    b->settings->directory.schedules = schedules;
    b->settings->directory.n_schedules = entries->n;
}
