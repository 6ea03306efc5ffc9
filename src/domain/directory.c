#include "domain/directory.h"

#include "base/vec.h"

struct resolution {
    const struct directory *directory;
    const struct step *step;
    struct overrides overrides;
    struct str severity; /* empty: nobody is quiet */
    int64_t now_at;
    struct arena *arena;
    VEC(struct addressee) found;
    struct strbuf quiet;
};

enum { QUIET_MAX = 1000 };

const struct user *directory_user(const struct directory *d, struct str id)
{
    for (size_t i = 0; i < d->n_users; i++) {
        if (str_eq(d->users[i].id, id)) {
            return &d->users[i];
        }
    }
    return NULL;
}

const struct team *directory_team(const struct directory *d, struct str id)
{
    for (size_t i = 0; i < d->n_teams; i++) {
        if (str_eq(d->teams[i].id, id)) {
            return &d->teams[i];
        }
    }
    return NULL;
}

const struct schedule *directory_schedule(const struct directory *d, struct str id)
{
    for (size_t i = 0; i < d->n_schedules; i++) {
        if (str_eq(d->schedules[i].id, id)) {
            return &d->schedules[i];
        }
    }
    return NULL;
}

struct overrides directory_overrides(const struct directory *d, const struct override_row *rows,
                                     size_t n, struct arena *arena)
{
    struct override *v = ARENA_ARRAY(arena, struct override, n);
    for (size_t i = 0; i < n; i++) {
        v[i] = (struct override){.schedule = rows[i].schedule,
                                 .user = directory_user(d, rows[i].user),
                                 .from_at = rows[i].from_at,
                                 .to_at = rows[i].to_at,
                                 .reason = rows[i].reason};
    }
    return (struct overrides){v, n};
}

static bool is_found(const struct resolution *r, const struct contact *first)
{
    for (size_t i = 0; i < r->found.n; i++) {
        const struct contact *other = &r->found.v[i].contacts[0];
        bool is_same_person = first->user.n && str_eq(first->user, other->user);
        bool is_same_place = !first->user.n && !other->user.n && first->channel == other->channel &&
                             str_eq(first->address, other->address);
        if (is_same_person || is_same_place) {
            return true;
        }
    }
    return false;
}

static void add(struct resolution *r, struct str label, const struct contact *contacts, size_t n)
{
    if (n > 0 && !is_found(r, &contacts[0])) {
        struct addressee addressee = {.label = label, .contacts = contacts, .n_contacts = n};
        VEC_PUSH(r->arena, &r->found, addressee);
    }
}

bool user_is_quiet(const struct user *user, struct str severity, int64_t at)
{
    const struct quiet *quiet = &user->quiet;
    bool is_severity = quiet->n_severities == 0, is_time = quiet->n_during == 0;
    for (size_t i = 0; i < quiet->n_severities; i++) {
        is_severity |= str_eq_nocase(quiet->severities[i], severity);
    }
    for (size_t i = 0; i < quiet->n_during; i++) {
        is_time |= interval_contains(quiet->during[i], at);
    }
    return quiet->n_severities + quiet->n_during > 0 && is_severity && is_time;
}

static bool is_left_alone(struct resolution *r, const struct user *user)
{
    if (r->severity.n == 0 || !user_is_quiet(user, r->severity, r->now_at)) {
        return false;
    }
    strbuf_add(&r->quiet, r->quiet.n > 0 ? STR(", ") : STR_EMPTY);
    strbuf_add(&r->quiet, user->name);
    return true;
}

/* The step's `via` chooses and orders; without it the person's own order holds. */
static void add_user(struct resolution *r, const struct user *user)
{
    if (!user || is_left_alone(r, user)) {
        return;
    }
    if (r->step->n_via == 0) {
        add(r, user->name, user->contacts, user->n_contacts);
        return;
    }
    VEC(struct contact) chosen = {0};
    for (size_t v = 0; v < r->step->n_via; v++) {
        for (size_t i = 0; i < user->n_contacts; i++) {
            if (user->contacts[i].channel == r->step->via[v]) {
                VEC_PUSH(r->arena, &chosen, user->contacts[i]);
            }
        }
    }
    add(r, user->name, chosen.v, chosen.n);
}

static struct str place_address(struct arena *arena, const struct target *target)
{
    return target->account.n ? str_printf(arena, "%.*s%c%.*s", STR_ARG(target->account),
                                          CONTACT_ACCOUNT_END, STR_ARG(target->name))
                             : target->name;
}

static void add_place(struct resolution *r, enum channel_kind channel, const struct target *target)
{
    struct contact *contact = ARENA_NEW(r->arena, struct contact);
    struct str address = place_address(r->arena, target);
    *contact = (struct contact){
        .channel = channel, .address = address, .language = r->directory->language};
    struct str label =
        target->name.n == 0
            ? str_from(channel_kind_name(channel))
            : str_printf(r->arena, "%s:%.*s", channel_kind_name(channel), STR_ARG(target->name));
    add(r, label, contact, 1);
}

static void add_team(struct resolution *r, const struct team *team)
{
    for (size_t i = 0; team && i < team->n_members; i++) {
        add_user(r, team->members[i]);
    }
}

static void add_on_call(struct resolution *r, const struct schedule *schedule)
{
    if (schedule) {
        add_user(r, schedule_on_call(schedule, r->overrides, r->now_at).user);
    }
}

static void add_target(struct resolution *r, const struct target *t)
{
    switch (t->kind) {
    case TARGET_USER:
        add_user(r, directory_user(r->directory, t->name));
        return;
    case TARGET_TEAM:
        add_team(r, directory_team(r->directory, t->name));
        return;
    case TARGET_SCHEDULE:
        add_on_call(r, directory_schedule(r->directory, t->name));
        return;
    case TARGET_SLACK:
        add_place(r, CHANNEL_SLACK, t);
        return;
    case TARGET_TELEGRAM:
        add_place(r, CHANNEL_TELEGRAM, t);
        return;
    case TARGET_EMAIL:
        add_place(r, CHANNEL_EMAIL, t);
        return;
    case TARGET_WEBHOOK:
        add_place(r, CHANNEL_WEBHOOK, t);
        return;
    case TARGET_CONSOLE:
        add_place(r, CHANNEL_CONSOLE, t);
        return;
    case target_kind_COUNT:
        break;
    }
    UNREACHABLE("target kind");
}

static bool is_place(const struct target *target, const struct contact *contact)
{
    struct str address = contact->address, account = str_cut(&address, CONTACT_ACCOUNT_END);
    if (!address.p) {
        address = account;
        account = STR_EMPTY;
    }
    return str_eq(str_from(target_kind_name(target->kind)),
                  str_from(channel_kind_name(contact->channel))) &&
           str_eq(target->account, account) && str_eq(target->name, address);
}

bool receiver_tells_end(const struct receiver *receiver, const struct contact *contact)
{
    for (size_t i = 0; i < receiver->n_quiet_ends; i++) {
        if (contact->user.n == 0 && is_place(&receiver->quiet_ends[i], contact)) {
            return false;
        }
    }
    return receiver->sends_resolve;
}

struct addressees directory_resolve(const struct directory *directory, const struct step *notify,
                                    struct overrides overrides, struct str severity, int64_t now_at,
                                    struct arena *arena)
{
    struct resolution r = {.directory = directory,
                           .step = notify,
                           .overrides = overrides,
                           .severity = severity,
                           .now_at = now_at,
                           .arena = arena};
    strbuf_init(&r.quiet, arena, QUIET_MAX);
    for (size_t i = 0; i < notify->n_targets; i++) {
        add_target(&r, &notify->targets[i]);
    }
    return (struct addressees){r.found.v, r.found.n, strbuf_str(&r.quiet)};
}
