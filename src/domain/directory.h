#pragma once
/* directory — who there is and how to reach them: users, teams, schedules.
 *
 * Turns a target into contacts at a given moment. Layer: domain. Immutable, part of a snapshot. */
#include "domain/receiver.h"
#include "domain/schedule.h"

/* In a contact's address, between the name of an account and the address proper. */
#define CONTACT_ACCOUNT_END '>'

/* One way to reach somebody or something. */
struct contact {
    enum channel_kind channel;
    struct str
        address;     /* "#alerts", "U045EF", "-100123", "a@b.org", webhook name, "" for console */
    struct str user; /* id of the person behind it, or empty */
    struct str language; /* "en", "ru" */
};

/* When a person is not paged: for these severities, during these intervals; both, if both are
 * given. */
struct quiet {
    const struct str *severities;
    size_t n_severities;
    const struct interval *const *during;
    size_t n_during;
};

struct user {
    struct str id, name, language;
    struct str where;
    struct quiet quiet;             /* nothing in it: never */
    const struct contact *contacts; /* in the order of the file */
    size_t n_contacts;
};

struct team {
    struct str id;
    const struct user *const *members;
    size_t n_members;
};

struct directory {
    const struct user *users;
    size_t n_users;
    const struct team *teams;
    size_t n_teams;
    const struct schedule *schedules;
    size_t n_schedules;
    struct str language; /* for contacts without a person */
};

/* A person or place to tell: its ways in order of preference; the next is used when one fails. */
struct addressee {
    struct str label; /* "Anna Ivanova", "slack:#alerts": for the timeline */
    const struct contact *contacts;
    size_t n_contacts;
};

struct addressees {
    const struct addressee *v;
    size_t n;
    struct str quiet; /* people left out because it is their quiet time: "Bob, Chen"; or empty */
};

/* Whether somebody of a step is told; if not, why. */
#define REACHES(X)                                                                                 \
    X(REACH_OK, "reachable")                                                                       \
    X(REACH_QUIET, "quiet time")                                                                   \
    X(REACH_NO_WAY, "no way to reach them")                                                        \
    X(REACH_NOBODY, "nobody on call")                                                              \
    X(REACH_GONE, "not in the files any more")
ENUM_DECLARE(reach, REACHES)

/* Somebody or something that a step names. */
struct candidate {
    struct addressee to; /* REACH_OK: with contacts */
    struct str user;     /* id of the person, or empty */
    enum reach reach;
};

struct candidates {
    const struct candidate *v;
    size_t n;
};

/* An override made at run time, as it is stored. */
struct override_row {
    int64_t id;
    struct str schedule, user, reason, by;
    int64_t from_at, to_at;
};

const struct user *directory_user(const struct directory *, struct str id);
const struct team *directory_team(const struct directory *, struct str id);
const struct schedule *directory_schedule(const struct directory *, struct str id);
/* Rows in order become overrides; those of users that are no longer there have no effect. */
struct overrides directory_overrides(const struct directory *, const struct override_row *,
                                     size_t n, struct arena *);

/* Whether the receiver tells this contact about the end of what it was told. */
bool receiver_tells_end(const struct receiver *, const struct contact *);

/* Is it their quiet time? */
bool user_is_quiet(const struct user *, struct str severity, int64_t at);

/* Everyone a notify step names, in its order and each once: members for a team, who is on call for
 * a schedule. It is their quiet time if it is for this severity (empty: nobody is quiet).
 * `overrides`: those made at run time. */
struct candidates directory_candidates(const struct directory *, const struct step *notify,
                                       struct overrides, struct str severity, int64_t now_at,
                                       struct arena *);
/* Those of them who are reached. */
struct addressees directory_resolve(const struct directory *, const struct step *notify,
                                    struct overrides, struct str severity, int64_t now_at,
                                    struct arena *);
