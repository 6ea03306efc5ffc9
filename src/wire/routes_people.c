/* `users:`, `teams:` — who there is. Their `schedules:` are in routes_schedules.c. */
#include "wire/schema.h"
#include "wire/target_text.h"

struct quiet_draft {
    const struct yaml_node *severity, *during;
};

static const struct field quiet_fields[] = {
    {.key = "severity",
     .type = FIELD_NODE,
     .shape = "list of severities",
     .offset = offsetof(struct quiet_draft, severity),
     .help = "Of incidents that do not page; default: all."},
    {.key = "during",
     .type = FIELD_NODE,
     .shape = "list of time_intervals",
     .offset = offsetof(struct quiet_draft, during),
     .help = "When they do not; default: at any time."},
};
static SCHEMA_DEFINE(schema_quiet, "quiet", quiet_fields);

struct user_draft {
    struct str name, language;
    const struct yaml_node *quiet;
    const struct yaml_node *slack, *telegram, *email, *webhook, *console;
};

struct team_draft {
    const struct yaml_node *members;
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
    {.key = "quiet",
     .type = FIELD_NODE,
     .shape = "map",
     .offset = offsetof(struct user_draft, quiet),
     .schema = &schema_quiet,
     .help = "When not to page this person, and for what. The catch-all does not ask."},
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

static bool check_language(struct binder *b, const struct yaml_node *node, struct str language)
{
    if (bind_has_words(b, language)) {
        return true;
    }
    bind_error(b, node, STR("write en or ru, or see docs/templates.md for words of your own"),
               "language \"%.*s\" is not there", STR_ARG(language));
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

static void bind_quiet_times(struct binder *b, const struct yaml_node *node, struct quiet *quiet)
{
    struct node_list list;
    if (!bind_list(b, node, "during", &list)) {
        return;
    }
    const struct interval **v = ARENA_ARRAY(b->arena, const struct interval *, list.n);
    for (size_t i = 0; i < list.n; i++) {
        const struct interval *interval = bind_interval_reference(b, list.v[i]);
        if (interval) {
            v[quiet->n_during++] = interval;
        }
    }
    quiet->during = v;
}

static void bind_quiet(struct binder *b, const struct yaml_node *node, struct quiet *quiet)
{
    struct quiet_draft draft = {0};
    if (!schema_bind(b, &schema_quiet, node, &draft)) {
        return;
    }
    if (!draft.severity && !draft.during) {
        bind_error(b, node, STR("add severity: [info, warning], during: [nights], or both"),
                   "quiet needs severity or during; a person without pages has no place in a step");
    }
    if (draft.severity) {
        bind_words(b, draft.severity, "a severity", &quiet->severities, &quiet->n_severities);
    }
    if (draft.during) {
        bind_quiet_times(b, draft.during, quiet);
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
    if (draft.quiet) {
        bind_quiet(b, draft.quiet, &user->quiet);
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

const struct user *const *bind_user_list(struct binder *b, const struct yaml_node *node,
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
