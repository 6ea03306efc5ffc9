#pragma once
/* schedule — who is on call when: layers of rotations, later layers win, overrides win over all.
 *
 * A layer's users take turns. Turns change on the wall clock of the layer's zone: hand-off k is the
 * wall time `start_wall` + k turns (or k months), turned into an instant:
 *   - a hand-off that clocks skip (gap) happens later by the gap's length;
 *   - one that clocks repeat (overlap) happens at its first occurrence;
 *   - so a turn across such a night is shorter or longer by the change, and nothing else moves;
 *   - a monthly hand-off on the 29th, 30th or 31st happens on the last day of a shorter month.
 * The turn in force is the last one whose hand-off has come. A layer counts from its first hand-off
 * until `until_at`, inside `only` (if given) and outside `except`; where it does not count, the
 * layers before it show through. schedule_shifts asks schedule_on_call at every instant at which
 * the answer may change, so the two cannot disagree. Layer: domain. Pure; immutable, part of a
 * snapshot. */
#include "base/enum_names.h"
#include "domain/interval.h"

struct user;

struct layer {
    const struct zone *zone;
    const struct user *const *users; /* in the order of their turns */
    size_t n_users;
    int64_t start_wall; /* the first hand-off, see zone_wall_of */
    bool is_monthly;
    int month_day;    /* is_monthly: 1 … 31 */
    int64_t turn_us;  /* else: length on the wall clock, at least SCHEDULE_TURN_MIN_US */
    int64_t until_at; /* AT_NONE: for ever */
    const struct interval *const *only;
    size_t n_only;
    const struct interval *const *except;
    size_t n_except;
};

#define SCHEDULE_TURN_MIN_US US_PER_MIN
#define SCHEDULE_RANGE_MAX_US (3 * 366 * US_PER_DAY)

/* Somebody else, for some time. The last one that covers an instant wins. */
struct override {
    struct str schedule;
    const struct user *user;
    int64_t from_at, to_at; /* to_at excluded */
    struct str reason;
};

struct overrides {
    const struct override *v;
    size_t n;
};

struct schedule {
    struct str id;
    const struct zone *zone; /* of its overrides, and to show times in */
    const struct layer *layers;
    size_t n_layers;
    struct overrides overrides; /* of the file */
};

#define DUTY_REASONS(X)                                                                            \
    X(DUTY_NOBODY, "nobody")                                                                       \
    X(DUTY_LAYER, "layer")                                                                         \
    X(DUTY_OVERRIDE, "override")
ENUM_DECLARE(duty_reason, DUTY_REASONS)

struct duty {
    const struct user *user; /* NULL: nobody */
    enum duty_reason reason;
    size_t layer; /* DUTY_LAYER: index */
    int64_t turn; /* DUTY_LAYER: number of the turn, from 0 */
    const struct override *override;
};

/* `extra`: overrides made at run time, of any schedules; they win over the file's. */
struct duty schedule_on_call(const struct schedule *, struct overrides extra, int64_t at);

struct shift {
    int64_t from_at, to_at; /* to_at excluded */
    struct duty duty;
};

struct shifts {
    const struct shift *v;
    size_t n;
    bool is_cut; /* more changes than can be listed: n is 0, ask for a shorter time */
};

/* From one change to the next, without holes: [from_at, until_at) is covered, by shifts of nobody
 * where need be. Every turn is a shift of its own, even if the same person follows. The range is
 * cut to SCHEDULE_RANGE_MAX_US. */
struct shifts schedule_shifts(const struct schedule *, struct overrides extra, int64_t from_at,
                              int64_t until_at, struct arena *);

/* Only the times in [from_at, until_at) when nobody is on call. Cheaper than schedule_shifts: turns
 * do not matter here. Cut when more than max_edges moments had to be looked at. */
struct shifts schedule_gaps(const struct schedule *, struct overrides extra, int64_t from_at,
                            int64_t until_at, size_t max_edges, struct arena *);
