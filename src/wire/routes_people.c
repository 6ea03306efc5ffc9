/* `users:`, `teams:`, `schedules:` — who there is. */
#include "formats/calendar.h"
#include "formats/duration.h"
#include "wire/schema.h"
#include "wire/target_text.h"

struct user_draft {
    struct str name, language;
    const struct yaml_node *slack, *telegram, *email, *webhook, *console;
};

struct team_draft {
    const struct yaml_node *members;
};

struct layer_draft {
    struct str rotation, handoff;
    const struct yaml_node *from, *users;
};

struct schedule_draft {
    const struct yaml_node *layers;
};

static const struct field user_fields[] = {
    {.key = "name",
     .type = FIELD_TEXT,
     .offset = offsetof(struct user_draft, name),
     .help = "Full name, as messages show it; default: the key."},
    {.key = "language",
     .type = FIELD_TEXT,
     .shape = "en or ru",
     .offset = offsetof(struct user_draft, language),
     .help = "Of messages to this person; default: the file's language."},
    {.key = "slack",
     .type = FIELD_NODE,
     .shape = "member id, U012AB3CD",
     .offset = offsetof(struct user_draft, slack),
     .help = "Slack. Ways to reach a person are tried in the order in which they are written."},
    {.key = "telegram",
     .type = FIELD_NODE,
     .shape = "chat number",
     .offset = offsetof(struct user_draft, telegram),
     .help = "Telegram."},
    {.key = "email",
     .type = FIELD_NODE,
     .shape = "address",
     .offset = offsetof(struct user_draft, email),
     .help = "Mail."},
    {.key = "webhook",
     .type = FIELD_NODE,
     .shape = "name under channels.webhooks",
     .offset = offsetof(struct user_draft, webhook),
     .help = "A webhook of their own."},
    {.key = "console",
     .type = FIELD_NODE,
     .shape = "true",
     .offset = offsetof(struct user_draft, console),
     .help = "Standard output, for trying things out."},
    {.key = "quiet", .type = FIELD_LATER, .help = "When not to page this person, and for what."},
};
SCHEMA_DEFINE(schema_user, "user", user_fields);

static const struct field team_fields[] = {
    {.key = "members",
     .type = FIELD_NODE,
     .shape = "list of users",
     .offset = offsetof(struct team_draft, members),
     .is_required = true,
     .help = "Users; a target team:NAME tells all of them."},
};
SCHEMA_DEFINE(schema_team, "team", team_fields);

static const struct field layer_fields[] = {
    {.key = "rotation",
     .type = FIELD_TEXT,
     .shape = "daily, weekly or a duration",
     .offset = offsetof(struct layer_draft, rotation),
     .is_required = true,
     .help = "How long a turn lasts."},
    {.key = "handoff",
     .type = FIELD_TEXT,
     .shape = "\"09:00\" or \"monday 09:00\"",
     .offset = offsetof(struct layer_draft, handoff),
     .help = "When turns change, UTC; default: the time in `from`, or midnight."},
    {.key = "from",
     .type = FIELD_NODE,
     .shape = "2026-01-05 or \"2026-01-05 09:00\"",
     .offset = offsetof(struct layer_draft, from),
     .is_required = true,
     .help = "The first turn starts with the first handoff at or after this; nobody is on call "
             "before."},
    {.key = "users",
     .type = FIELD_NODE,
     .shape = "list of users",
     .offset = offsetof(struct layer_draft, users),
     .is_required = true,
     .help = "In the order of their turns."},
    {.key = "only", .type = FIELD_LATER, .help = "Time intervals in which this layer counts."},
};
static SCHEMA_DEFINE(schema_layer, "layer", layer_fields);

static const struct field schedule_fields[] = {
    {.key = "layers",
     .type = FIELD_NODE,
     .shape = "list of one",
     .offset = offsetof(struct schedule_draft, layers),
     .schema = &schema_layer,
     .is_required = true,
     .help = "Rotations; one for now."},
    {.key = "timezone", .type = FIELD_LATER, .help = "Schedules run in UTC for now."},
    {.key = "overrides", .type = FIELD_LATER, .help = "Somebody else for some time."},
};
SCHEMA_DEFINE(schema_schedule, "schedule", schedule_fields);

static bool check_language(struct binder *b, const struct yaml_node *node, struct str language)
{
    if (str_eq(language, STR("en")) || str_eq(language, STR("ru"))) {
        return true;
    }
    bind_error(b, node, STR("write en or ru"), "language \"%.*s\" is not there", STR_ARG(language));
    return false;
}

/* --- users -------------------------------------------------------------------------------- */

static bool is_address_valid(struct binder *b, enum channel_kind channel,
                             const struct yaml_node *node, struct str address)
{
    struct target target;
    struct err err = ERR_INIT;
    struct str text = str_printf(b->arena, "%s:%.*s", channel_kind_name(channel), STR_ARG(address));
    if (target_parse(text, &target, &err) != OK) {
        bind_error(b, node, STR_EMPTY, "%s", err.detail);
        return false;
    }
    if (channel == CHANNEL_WEBHOOK && !settings_webhook(&b->settings->channels, address)) {
        bind_error(b, node, STR("define it under channels: webhooks:"),
                   "webhook \"%.*s\" does not exist", STR_ARG(address));
        return false;
    }
    return true;
}

/* Adds the way to reach the user that this pair describes, if it is one. */
static void add_contact(struct binder *b, const struct yaml_pair *pair, struct user *user,
                        struct contact *contacts)
{
    struct contact contact = {.address = STR_EMPTY, .user = user->id, .language = user->language};
    bool is_wanted = true;
    if (!channel_kind_from_name(pair->key->text, &contact.channel)) {
        return;
    }
    if (contact.channel == CHANNEL_CONSOLE) {
        is_wanted = bind_bool(b, pair->value, "console", &is_wanted) && is_wanted;
    } else {
        is_wanted =
            bind_text(b, pair->value, channel_kind_name(contact.channel), &contact.address) &&
            bind_channel_is_ready(b, contact.channel, pair->key) &&
            is_address_valid(b, contact.channel, pair->value, contact.address);
    }
    if (is_wanted) {
        contacts[user->n_contacts++] = contact;
    }
}

static void bind_user(struct binder *b, const struct entry *entry, struct user *user)
{
    struct user_draft draft = {0};
    *user = (struct user){.id = entry->name,
                          .name = entry->name,
                          .language = b->settings->directory.language,
                          .where = bind_where(b, entry->key)};
    if (!schema_bind(b, &schema_user, entry->node, &draft) || entry->node->kind != YAML_MAP) {
        return;
    }
    if (draft.name.n) {
        user->name = draft.name;
    }
    if (draft.language.n &&
        check_language(b, yaml_get(entry->node, STR("language")), draft.language)) {
        user->language = draft.language;
    }
    struct contact *contacts = ARENA_ARRAY(b->arena, struct contact, channel_kind_COUNT);
    for (size_t i = 0; i < entry->node->n; i++) {
        add_contact(b, &entry->node->pairs[i], user, contacts);
    }
    user->contacts = contacts;
}

/* The users of a list, each once; *ret has room for all of them. */
static const struct user *const *bind_user_list(struct binder *b, const struct yaml_node *node,
                                                const char *what, bool may_repeat, size_t *ret_n)
{
    struct node_list list;
    *ret_n = 0;
    if (!bind_list(b, node, what, &list)) {
        return NULL;
    }
    const struct user **users = ARENA_ARRAY(b->arena, const struct user *, list.n);
    for (size_t i = 0; i < list.n; i++) {
        struct str id;
        struct entry *found = bind_text(b, list.v[i], "a user", &id)
                                  ? bind_reference(b, &b->sections.users, "user", list.v[i], id)
                                  : NULL;
        if (!found) {
            continue;
        }
        const struct user *user = &b->settings->directory.users[found - b->sections.users.v];
        for (size_t k = 0; k < *ret_n && !may_repeat; k++) {
            if (users[k] == user) {
                bind_error(b, list.v[i], STR("remove one"), "user \"%.*s\" is listed twice",
                           STR_ARG(id));
            }
        }
        users[(*ret_n)++] = user;
    }
    if (list.n == 0) {
        bind_error(b, node, STR_EMPTY, "%s is empty: nobody would be told", what);
    }
    return users;
}

static void bind_teams(struct binder *b)
{
    const struct entries *entries = &b->sections.teams;
    struct team *teams = ARENA_ARRAY(b->arena, struct team, entries->n);
    for (size_t i = 0; i < entries->n; i++) {
        struct team_draft draft = {0};
        b->file = entries->v[i].file;
        teams[i].id = entries->v[i].name;
        if (schema_bind(b, &schema_team, entries->v[i].node, &draft) && draft.members) {
            teams[i].members =
                bind_user_list(b, draft.members, "members", false, &teams[i].n_members);
        }
    }
    b->settings->directory.teams = teams;
    b->settings->directory.n_teams = entries->n;
}

/* --- schedules ---------------------------------------------------------------------------- */

/* Exactly n digits at the start of *rest. */
static bool take_digits(struct str *rest, size_t n, int *ret)
{
    uint64_t value;
    if (rest->n < n || !str_to_u64(str_slice(*rest, 0, n), &value)) {
        return false;
    }
    *rest = str_slice(*rest, n, rest->n);
    *ret = (int)value;
    return true;
}

static bool take_char(struct str *rest, char c)
{
    if (rest->n == 0 || rest->p[0] != c) {
        return false;
    }
    *rest = str_slice(*rest, 1, rest->n);
    return true;
}

/* "09:00" */
static bool parse_clock(struct str text, int64_t *ret_us)
{
    int hour, minute;
    if (!take_digits(&text, 2, &hour) || !take_char(&text, ':') ||
        !take_digits(&text, 2, &minute) || text.n > 0 || hour > 23 || minute > 59) {
        return false;
    }
    *ret_us = hour * US_PER_HOUR + minute * US_PER_MIN;
    return true;
}

/* "2026-01-05" or "2026-01-05 09:00", UTC. */
static bool parse_from(struct str text, int64_t *ret_day_at, int64_t *ret_clock_us)
{
    struct calendar_date date;
    *ret_clock_us = 0;
    if (!take_digits(&text, 4, &date.year) || !take_char(&text, '-') ||
        !take_digits(&text, 2, &date.month) || !take_char(&text, '-') ||
        !take_digits(&text, 2, &date.day) || !calendar_date_exists(date)) {
        return false;
    }
    *ret_day_at = calendar_to_days(date) * US_PER_DAY;
    return text.n == 0 || (take_char(&text, ' ') && parse_clock(text, ret_clock_us));
}

/* "monday 09:00", "09:00"; *ret_weekday -1 when there is none. */
static bool parse_handoff(struct str text, int *ret_weekday, int64_t *ret_clock_us)
{
    static const char *const days[] = {"sunday",   "monday", "tuesday", "wednesday",
                                       "thursday", "friday", "saturday"};
    struct str rest = text, word = str_cut(&rest, ' ');
    *ret_weekday = -1;
    if (!rest.p) {
        return parse_clock(text, ret_clock_us);
    }
    for (int i = 0; i < 7; i++) {
        if (str_eq_nocase(word, str_from(days[i]))) {
            *ret_weekday = i;
        }
    }
    return *ret_weekday >= 0 && parse_clock(rest, ret_clock_us);
}

static bool bind_rotation(struct binder *b, const struct yaml_node *node, struct str text,
                          int64_t *ret_us)
{
    struct err err = ERR_INIT;
    if (str_eq(text, STR("daily")) || str_eq(text, STR("weekly"))) {
        *ret_us = str_eq(text, STR("daily")) ? US_PER_DAY : 7 * US_PER_DAY;
        return true;
    }
    if (duration_parse(text, ret_us, &err) != OK || *ret_us < US_PER_MIN) {
        bind_error(b, node, STR("write daily, weekly or a length of at least 1m, like 12h"),
                   "rotation \"%.*s\" is not a length of time", STR_ARG(text));
        return false;
    }
    return true;
}

/* The first handoff at or after `from`. */
static void bind_start(struct binder *b, const struct yaml_node *layer, struct layer_draft *draft,
                       struct schedule *schedule)
{
    const struct yaml_node *handoff = yaml_get(layer, STR("handoff"));
    struct str text;
    int64_t day_at, from_clock, clock;
    int weekday = -1;
    if (!bind_text(b, draft->from, "from", &text)) {
        return;
    }
    if (!parse_from(text, &day_at, &from_clock)) {
        bind_error(b, draft->from, STR("write 2026-01-05 or \"2026-01-05 09:00\", in UTC"),
                   "from \"%.*s\" is not a day", STR_ARG(text));
        return;
    }
    clock = from_clock;
    if (draft->handoff.n && !parse_handoff(draft->handoff, &weekday, &clock)) {
        bind_error(b, handoff, STR("write \"09:00\" or \"monday 09:00\", in UTC"),
                   "handoff \"%.*s\" is not a time of day", STR_ARG(draft->handoff));
        return;
    }
    if (weekday >= 0 && schedule->turn_us % (7 * US_PER_DAY) != 0) {
        bind_error(b, handoff, STR("write rotation: weekly, or leave the day out"),
                   "a handoff on a weekday needs turns of whole weeks");
        return;
    }
    schedule->from_at = day_at + clock;
    while (schedule->from_at < day_at + from_clock ||
           (weekday >= 0 && calendar_from_at(schedule->from_at).weekday != weekday)) {
        schedule->from_at += US_PER_DAY;
    }
}

static void bind_layer(struct binder *b, const struct yaml_node *node, struct schedule *schedule)
{
    struct layer_draft draft = {0};
    if (!schema_bind(b, &schema_layer, node, &draft)) {
        return;
    }
    if (draft.users) {
        schedule->users = bind_user_list(b, draft.users, "users", true, &schedule->n_users);
    }
    if (draft.rotation.n &&
        bind_rotation(b, yaml_get(node, STR("rotation")), draft.rotation, &schedule->turn_us) &&
        draft.from) {
        bind_start(b, node, &draft, schedule);
    }
}

static void bind_schedule(struct binder *b, const struct entry *entry, struct schedule *schedule)
{
    struct schedule_draft draft = {0};
    struct node_list layers;
    *schedule = (struct schedule){.id = entry->name, .turn_us = US_PER_DAY};
    if (!schema_bind(b, &schema_schedule, entry->node, &draft) || !draft.layers ||
        !bind_list(b, draft.layers, "layers", &layers)) {
        return;
    }
    if (layers.n != 1) {
        bind_error(b, layers.n ? layers.v[1] : draft.layers, STR("keep one layer for now"),
                   layers.n ? "more than one layer is not supported yet"
                            : "a schedule needs a layer");
    }
    if (layers.n > 0) {
        bind_layer(b, layers.v[0], schedule);
    }
}

static void bind_schedules(struct binder *b)
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

/* Schedules know UTC only: a local 09:00 would move with daylight saving time. */
static void check_timezone(struct binder *b)
{
    const struct entry *zone = &b->sections.timezone;
    struct str name;
    if (!zone->node) {
        return;
    }
    b->file = zone->file;
    if (!bind_text(b, zone->node, "timezone", &name) || str_eq(name, STR("UTC"))) {
        return;
    }
    if (b->sections.schedules.n > 0) {
        bind_error(b, zone->node, STR("write UTC and give handoffs in UTC"),
                   "schedules in a time zone are not supported yet");
    } else {
        bind_warning(b, zone->node, STR_EMPTY, "timezone has no effect yet: times are in UTC");
    }
}

void bind_people(struct binder *b)
{
    const struct entry *language = &b->sections.language;
    const struct entries *entries = &b->sections.users;
    struct directory *directory = &b->settings->directory;
    struct str text;
    directory->language = STR("en");
    if (language->node) {
        b->file = language->file;
        if (bind_text(b, language->node, "language", &text) &&
            check_language(b, language->node, text)) {
            directory->language = text;
        }
    }
    check_timezone(b);
    struct user *users = ARENA_ARRAY(b->arena, struct user, entries->n);
    for (size_t i = 0; i < entries->n; i++) {
        b->file = entries->v[i].file;
        bind_user(b, &entries->v[i], &users[i]);
    }
    directory->users = users;
    directory->n_users = entries->n;
    bind_teams(b);
    bind_schedules(b);
}
