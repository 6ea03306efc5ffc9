/* `timezone:`, `time_intervals:` and `mute_time_intervals:` — named times, with Alertmanager's
 * rules.
 *
 * Ranges are texts, "monday:friday" or "saturday", in any case. A weekday or month range may not
 * run backwards; a day of the month counts from the end when it is negative; a time of day may not
 * wrap over midnight. The same specs may stand inline in a schedule's `only:` and `except:`. */
#include "wire/schema.h"
#include "wire/zone_text.h"

enum { RANGES_MAX = 366 };

struct spec_draft {
    const struct yaml_node *times, *weekdays, *days_of_month, *months, *years, *location;
};

struct time_draft {
    struct str start_time, end_time;
};

struct interval_draft {
    struct str name;
    const struct yaml_node *specs;
};

static const struct field time_fields[] = {
    {.key = "start_time",
     .type = FIELD_TEXT,
     .shape = "HH:MM",
     .offset = offsetof(struct time_draft, start_time),
     .is_required = true,
     .help = "The first minute of it."},
    {.key = "end_time",
     .type = FIELD_TEXT,
     .shape = "HH:MM, at most 24:00",
     .offset = offsetof(struct time_draft, end_time),
     .is_required = true,
     .help = "The minute at which it is over; later than start_time."},
};
static SCHEMA_DEFINE(schema_time, "time range", time_fields);

static const struct field spec_fields[] = {
    {.key = "times",
     .type = FIELD_NODE,
     .shape = "list of time ranges",
     .offset = offsetof(struct spec_draft, times),
     .schema = &schema_time,
     .help = "Times of day."},
    {.key = "weekdays",
     .type = FIELD_NODE,
     .shape = "list of monday or monday:friday",
     .offset = offsetof(struct spec_draft, weekdays),
     .help = "Days of the week, sunday to saturday."},
    {.key = "days_of_month",
     .type = FIELD_NODE,
     .shape = "list of 1, 1:5 or -3:-1",
     .offset = offsetof(struct spec_draft, days_of_month),
     .help = "Days of the month; negative ones count from its end."},
    {.key = "months",
     .type = FIELD_NODE,
     .shape = "list of january, 1 or may:august",
     .offset = offsetof(struct spec_draft, months),
     .help = "Months."},
    {.key = "years",
     .type = FIELD_NODE,
     .shape = "list of 2026 or 2026:2028",
     .offset = offsetof(struct spec_draft, years),
     .help = "Years."},
    {.key = "location",
     .type = FIELD_NODE,
     .shape = "time zone",
     .offset = offsetof(struct spec_draft, location),
     .help = "Where these are the times of the wall clock, like Europe/London; default: UTC."},
};
static SCHEMA_DEFINE(schema_spec, "time interval's entry", spec_fields);

static const struct field interval_fields[] = {
    {.key = "name",
     .type = FIELD_TEXT,
     .offset = offsetof(struct interval_draft, name),
     .is_required = true,
     .help = "What others call it."},
    {.key = "time_intervals",
     .type = FIELD_NODE,
     .shape = "list",
     .offset = offsetof(struct interval_draft, specs),
     .schema = &schema_spec,
     .help = "It is such a time when any of these says so."},
};
SCHEMA_DEFINE(schema_interval, "time interval", interval_fields);

/* --- zones ---------------------------------------------------------------------------------- */

static const struct zone *read_zone(struct binder *b, const struct yaml_node *node, struct str name)
{
    struct str bytes;
    struct err err = ERR_INIT;
    const struct zone *zone = NULL;
    if (!b->env || !b->env->zone) {
        bind_error(b, node, STR("write UTC"), "time zones are not known here");
    } else if (b->env->zone(b->env->arg, name, &bytes, &err) != OK ||
               zone_parse(b->arena, name, bytes, &zone, &err) != OK) {
        bind_error(b, node, STR("write a name of the tz database, like Europe/London, or UTC"),
                   "%s", err.detail);
    }
    return zone;
}

const struct zone *bind_zone(struct binder *b, const struct yaml_node *node, const char *what)
{
    struct str name;
    if (!bind_text(b, node, what, &name)) {
        return &zone_utc;
    }
    if (str_eq(name, STR("UTC"))) {
        return &zone_utc;
    }
    for (size_t i = 0; i < b->zones.n; i++) {
        if (str_eq(b->zones.v[i]->name, name)) {
            return b->zones.v[i];
        }
    }
    const struct zone *zone = read_zone(b, node, name);
    if (!zone) {
        return &zone_utc;
    }
    VEC_PUSH(b->arena, &b->zones, zone);
    return zone;
}

/* --- members of ranges ---------------------------------------------------------------------- */

static const char *const weekdays[] = {"sunday",   "monday", "tuesday", "wednesday",
                                       "thursday", "friday", "saturday"};
static const char *const months[] = {"january",   "february", "march",    "april",
                                     "may",       "june",     "july",     "august",
                                     "september", "october",  "november", "december"};

static bool find_word(struct str word, const char *const *words, int n, int *ret)
{
    for (int i = 0; i < n; i++) {
        if (str_eq_nocase(word, str_from(words[i]))) {
            *ret = i;
            return true;
        }
    }
    return false;
}

bool weekday_parse(struct str word, int *ret)
{
    return find_word(word, weekdays, 7, ret);
}

static bool parse_number(struct str text, int *ret)
{
    bool is_negative = str_starts_with(text, STR("-"));
    uint64_t value;
    if (is_negative || str_starts_with(text, STR("+"))) {
        text = str_slice(text, 1, text.n);
    }
    if (text.n > 9 || !str_to_u64(text, &value)) {
        return false;
    }
    *ret = is_negative ? -(int)value : (int)value;
    return true;
}

static bool parse_month(struct str word, int *ret)
{
    if (find_word(word, months, 12, ret)) {
        (*ret)++;
        return true;
    }
    return parse_number(word, ret);
}

struct member {
    const char *what, *hint;
    bool (*parse)(struct str, int *ret);
};

static const struct member weekday_member = {"a weekday", "write monday or monday:friday",
                                             weekday_parse};
static const struct member day_member = {"a day of the month", "write 1, 1:5 or -3:-1",
                                         parse_number};
static const struct member month_member = {"a month", "write january, 1 or may:august",
                                           parse_month};
static const struct member year_member = {"a year", "write 2026 or 2026:2028", parse_number};

static bool check_order(struct binder *b, const struct yaml_node *node, struct range r)
{
    if (r.from > r.to) {
        bind_error(b, node, STR("write two ranges"), "\"%.*s\" ends before it starts",
                   STR_ARG(str_clip_utf8(node->text, 60)));
    }
    return r.from <= r.to;
}

/* Days from the end are compared in the shortest month: what is empty there and in every other is
 * a mistake, what is empty in some months only is not. */
static bool check_days(struct binder *b, const struct yaml_node *node, struct range r)
{
    if (r.from == 0 || r.from < -31 || r.from > 31 || r.to == 0 || r.to < -31 || r.to > 31) {
        int wrong = r.from == 0 || r.from < -31 || r.from > 31 ? r.from : r.to;
        bind_error(b, node, STR("days are 1 to 31, or -31 to -1 from the month's end"),
                   "%d is not a day of the month: out of range", wrong);
        return false;
    }
    if (r.from < 0 && r.to > 0) {
        bind_error(b, node, STR_EMPTY, "the end day must be negative if the start day is");
        return false;
    }
    int from = r.from < 0 ? 28 + r.from : r.from, to = r.to < 0 ? 28 + r.to : r.to;
    if (from > to) {
        bind_error(b, node, STR_EMPTY, "end day %d is always before start day %d", r.to, r.from);
        return false;
    }
    return true;
}

static bool bind_range(struct binder *b, const struct yaml_node *node, const struct member *member,
                       struct range *ret)
{
    struct str text, rest, first;
    if (!bind_text(b, node, member->what, &text)) {
        return false;
    }
    rest = text;
    first = str_cut(&rest, ':');
    struct str last = rest.p ? rest : first;
    if (!member->parse(first, &ret->from) || !member->parse(last, &ret->to)) {
        bind_error(b, node, str_from(member->hint), "\"%.*s\" is not %s or a range",
                   STR_ARG(str_clip_utf8(text, 60)), member->what);
        return false;
    }
    return member == &day_member ? check_days(b, node, *ret) : check_order(b, node, *ret);
}

static bool is_too_long(struct binder *b, const struct yaml_node *node, const char *key, size_t n)
{
    if (n > RANGES_MAX) {
        bind_error(b, node, STR_EMPTY, "%s has more than %d ranges", key, RANGES_MAX);
    }
    return n > RANGES_MAX;
}

/* Given but null is as good as not given. */
static struct ranges bind_ranges(struct binder *b, const struct yaml_node *node, const char *key,
                                 const struct member *member)
{
    struct node_list list;
    struct ranges ranges = {0};
    if (!node || yaml_is_null(node) || !bind_list(b, node, key, &list)) {
        return ranges;
    }
    if (is_too_long(b, node, key, list.n)) {
        return ranges;
    }
    struct range *v = ARENA_ARRAY(b->arena, struct range, list.n);
    for (size_t i = 0; i < list.n; i++) {
        ranges.n += bind_range(b, list.v[i], member, &v[ranges.n]);
    }
    ranges.v = v;
    return ranges;
}

/* --- times of day --------------------------------------------------------------------------- */

static bool bind_minute(struct binder *b, const struct yaml_node *node, struct str text, int *ret)
{
    int64_t us;
    if (str_eq(text, STR("24:00"))) {
        us = US_PER_DAY;
    } else if (!clock_parse(text, &us)) {
        bind_error(b, node, STR("write two digits each, like 09:00"),
                   "\"%.*s\" is not a time of day", STR_ARG(str_clip_utf8(text, 60)));
        return false;
    }
    *ret = (int)(us / US_PER_MIN);
    return true;
}

static bool bind_time(struct binder *b, const struct yaml_node *node, struct range *ret)
{
    struct time_draft draft = {0};
    if (!schema_bind(b, &schema_time, node, &draft) || !draft.start_time.n || !draft.end_time.n) {
        return false;
    }
    if (!bind_minute(b, yaml_get(node, STR("start_time")), draft.start_time, &ret->from) ||
        !bind_minute(b, yaml_get(node, STR("end_time")), draft.end_time, &ret->to)) {
        return false;
    }
    if (ret->from >= ret->to) {
        bind_error(b, node, STR("over midnight: write two ranges, to 24:00 and from 00:00"),
                   "the start time must be before the end time");
        return false;
    }
    return true;
}

static struct ranges bind_times_of_day(struct binder *b, const struct yaml_node *node)
{
    struct node_list list;
    struct ranges ranges = {0};
    if (!node || yaml_is_null(node) || !bind_list(b, node, "times", &list)) {
        return ranges;
    }
    if (is_too_long(b, node, "times", list.n)) {
        return ranges;
    }
    struct range *v = ARENA_ARRAY(b->arena, struct range, list.n);
    for (size_t i = 0; i < list.n; i++) {
        ranges.n += bind_time(b, list.v[i], &v[ranges.n]);
    }
    ranges.v = v;
    return ranges;
}

/* --- intervals ------------------------------------------------------------------------------ */

static struct interval_spec bind_spec(struct binder *b, const struct yaml_node *node,
                                      const struct zone *fallback)
{
    struct spec_draft draft = {0};
    struct interval_spec spec = {.zone = fallback};
    if (!schema_bind(b, &schema_spec, node, &draft)) {
        return spec;
    }
    if (draft.location && !yaml_is_null(draft.location)) {
        spec.zone = bind_zone(b, draft.location, "location");
    }
    spec.times = bind_times_of_day(b, draft.times);
    spec.weekdays = bind_ranges(b, draft.weekdays, "weekdays", &weekday_member);
    spec.days_of_month = bind_ranges(b, draft.days_of_month, "days_of_month", &day_member);
    spec.months = bind_ranges(b, draft.months, "months", &month_member);
    spec.years = bind_ranges(b, draft.years, "years", &year_member);
    return spec;
}

const struct interval *bind_inline_interval(struct binder *b, const struct yaml_node *node,
                                            const struct zone *zone)
{
    struct interval *interval = ARENA_NEW(b->arena, struct interval);
    struct interval_spec *spec = ARENA_NEW(b->arena, struct interval_spec);
    *spec = bind_spec(b, node, zone);
    *interval = (struct interval){.name = STR_EMPTY, .specs = spec, .n_specs = 1};
    return interval;
}

const struct interval *bind_interval_reference(struct binder *b, const struct yaml_node *node)
{
    struct str name;
    return bind_text(b, node, "a time interval", &name) ? bind_interval_named(b, node, name) : NULL;
}

const struct interval *bind_interval_named(struct binder *b, const struct yaml_node *node,
                                           struct str name)
{
    struct entry *found =
        bind_reference(b, &b->sections.time_intervals, "time interval", node, name);
    return found ? &b->settings->intervals[found - b->sections.time_intervals.v] : NULL;
}

static void bind_interval(struct binder *b, const struct entry *entry, struct interval *interval)
{
    struct interval_draft draft = {0};
    struct node_list list = {0};
    *interval = (struct interval){.name = entry->name};
    if (!schema_bind(b, &schema_interval, entry->node, &draft)) {
        return;
    }
    if (draft.specs && !yaml_is_null(draft.specs) &&
        !bind_list(b, draft.specs, "time_intervals", &list)) {
        return;
    }
    struct interval_spec *specs = ARENA_ARRAY(b->arena, struct interval_spec, list.n);
    for (size_t i = 0; i < list.n; i++) {
        specs[i] = bind_spec(b, list.v[i], &zone_utc);
    }
    interval->specs = specs;
    interval->n_specs = list.n;
    if (list.n == 0) {
        bind_warning(b, entry->key, STR("add time_intervals: [{ … }]"),
                     "time interval \"%.*s\" is never: it has no entry", STR_ARG(entry->name));
    }
}

void bind_times(struct binder *b)
{
    const struct entry *zone = &b->sections.timezone;
    const struct entries *entries = &b->sections.time_intervals;
    struct interval *intervals = ARENA_ARRAY(b->arena, struct interval, entries->n);
    b->settings->zone = &zone_utc;
    if (zone->node) {
        b->file = zone->file;
        b->settings->zone = bind_zone(b, zone->node, "timezone");
    }
    for (size_t i = 0; i < entries->n; i++) {
        b->file = entries->v[i].file;
        bind_interval(b, &entries->v[i], &intervals[i]);
    }
    b->settings->intervals = intervals;
    b->settings->n_intervals = entries->n;
}
