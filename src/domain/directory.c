#include "domain/directory.h"

#include "base/vec.h"

ENUM_DEFINE(reach, REACHES)

struct resolution {
    const struct directory *directory;
    const struct step *step;
    struct overrides overrides;
    struct str severity; /* empty: nobody is quiet */
    int64_t now_at;
    struct arena *arena;
    VEC(struct candidate) found;
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

static bool is_same(const struct candidate *a, const struct candidate *b)
{
    if (a->user.n > 0 || b->user.n > 0) {
        return str_eq(a->user, b->user);
    }
    if (a->reach != REACH_OK || b->reach != REACH_OK) {
        return a->reach == b->reach && str_eq(a->to.label, b->to.label);
    }
    const struct contact *x = &a->to.contacts[0], *y = &b->to.contacts[0];
    return x->channel == y->channel && str_eq(x->address, y->address);
}

static void add(struct resolution *r, struct candidate candidate)
{
    for (size_t i = 0; i < r->found.n; i++) {
        if (is_same(&r->found.v[i], &candidate)) {
            return;
        }
    }
    VEC_PUSH(r->arena, &r->found, candidate);
}

/* The target itself, when there is nobody behind it. */
static void add_nobody(struct resolution *r, const struct target *t, enum reach why)
{
    struct str label = str_printf(r->arena, "%s:%.*s", target_kind_name(t->kind), STR_ARG(t->name));
    add(r, (struct candidate){.to = {.label = label}, .user = STR_EMPTY, .reach = why});
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

/* The step's `via` chooses and orders; without it the person's own order holds. */
static void add_user(struct resolution *r, const struct user *user)
{
    struct candidate one = {.to = {user->name, user->contacts, user->n_contacts}, .user = user->id};
    VEC(struct contact) chosen = {0};
    for (size_t v = 0; v < r->step->n_via; v++) {
        for (size_t i = 0; i < user->n_contacts; i++) {
            if (user->contacts[i].channel == r->step->via[v]) {
                VEC_PUSH(r->arena, &chosen, user->contacts[i]);
            }
        }
    }
    if (r->step->n_via > 0) {
        one.to.contacts = chosen.v;
        one.to.n_contacts = chosen.n;
    }
    bool is_quiet = r->severity.n > 0 && user_is_quiet(user, r->severity, r->now_at);
    one.reach = is_quiet ? REACH_QUIET : one.to.n_contacts == 0 ? REACH_NO_WAY : REACH_OK;
    add(r, one);
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
    add(r, (struct candidate){.to = {label, contact, 1}, .user = STR_EMPTY, .reach = REACH_OK});
}

static void add_team(struct resolution *r, const struct target *target)
{
    const struct team *team = directory_team(r->directory, target->name);
    for (size_t i = 0; team && i < team->n_members; i++) {
        add_user(r, team->members[i]);
    }
    if (!team) {
        add_nobody(r, target, REACH_GONE);
    }
}

static void add_on_call(struct resolution *r, const struct target *target)
{
    const struct schedule *schedule = directory_schedule(r->directory, target->name);
    const struct user *user =
        schedule ? schedule_on_call(schedule, r->overrides, r->now_at).user : NULL;
    if (user) {
        add_user(r, user);
    } else {
        add_nobody(r, target, schedule ? REACH_NOBODY : REACH_GONE);
    }
}

static void add_named(struct resolution *r, const struct target *target)
{
    const struct user *user = directory_user(r->directory, target->name);
    if (user) {
        add_user(r, user);
    } else {
        add_nobody(r, target, REACH_GONE);
    }
}

static void add_target(struct resolution *r, const struct target *t)
{
    switch (t->kind) {
    case TARGET_USER:
        add_named(r, t);
        return;
    case TARGET_TEAM:
        add_team(r, t);
        return;
    case TARGET_SCHEDULE:
        add_on_call(r, t);
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

struct candidates directory_candidates(const struct directory *directory, const struct step *notify,
                                       struct overrides overrides, struct str severity,
                                       int64_t now_at, struct arena *arena)
{
    struct resolution r = {.directory = directory,
                           .step = notify,
                           .overrides = overrides,
                           .severity = severity,
                           .now_at = now_at,
                           .arena = arena};
    for (size_t i = 0; i < notify->n_targets; i++) {
        add_target(&r, &notify->targets[i]);
    }
    return (struct candidates){r.found.v, r.found.n};
}

struct addressees directory_resolve(const struct directory *directory, const struct step *notify,
                                    struct overrides overrides, struct str severity, int64_t now_at,
                                    struct arena *arena)
{
    VEC(struct addressee) found = {0};
    struct strbuf quiet;
    struct candidates all =
        directory_candidates(directory, notify, overrides, severity, now_at, arena);
    strbuf_init(&quiet, arena, QUIET_MAX);
    for (size_t i = 0; i < all.n; i++) {
        if (all.v[i].reach == REACH_OK) {
            VEC_PUSH(arena, &found, all.v[i].to);
        } else if (all.v[i].reach == REACH_QUIET) {
            strbuf_add(&quiet, quiet.n > 0 ? STR(", ") : STR_EMPTY);
            strbuf_add(&quiet, all.v[i].to.label);
        }
    }
    return (struct addressees){found.v, found.n, strbuf_str(&quiet)};
}
