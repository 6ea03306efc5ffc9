/* Steps that page one of their people at a time: receiver `turns` of config.c. */
#include "sim/check.h"
#include "sim/sometimes.h"

#include <string.h>

/* By place in the list of a step; NULL: cannot be reached. */
static const char *const lists[][3] = {{"Anna", NULL, "Boris"}, {"Boris", "slack:#ops", "Anna"}};
enum { PLACES = 3 };

static const char *const *list_of(const struct event_saved *e)
{
    return lists[fact_number(&e->entry, "step") == 1 ? 0 : 1];
}

static const struct incident *incident_of(const struct event_saved *e)
{
    return row_committed(row_of_incident(e->incident));
}

static bool is_of_turns(const struct event_saved *e, enum event_kind kind)
{
    return e && e->entry.kind == kind && str_eq(incident_of(e)->receiver, STR("turns"));
}

static bool is_in_turn(const struct event_saved *e)
{
    return is_of_turns(e, EVENT_NOTIFIED);
}

static const struct event_saved *event_in(const struct row_change *change)
{
    return change->row->table == TABLE_EVENT && !change->old ? change->now : NULL;
}

/* The first who can be reached, from that place on. */
static struct str expected(const char *const *list, size_t place)
{
    while (!list[place % PLACES]) {
        place++;
    }
    return str_from(list[place % PLACES]);
}

static size_t place_of(const char *const *list, struct str label)
{
    size_t place = 0;
    while (place < PLACES && !(list[place] && str_eq(label, str_from(list[place])))) {
        place++;
    }
    return place;
}

/* Whom the step paged last in this cycle, before that entry. */
static struct str paged_before(const struct event_saved *than)
{
    const struct event_saved *best = NULL;
    FOR_ROWS(TABLE_EVENT, row)
    {
        const struct event_saved *e = row_committed(row);
        if (e && uuid_eq(e->incident, than->incident) && e->cycle == than->cycle &&
            e->entry.kind == EVENT_NOTIFIED && e->entry.seq < than->entry.seq &&
            str_eq(fact_of(&e->entry, "step"), fact_of(&than->entry, "step")) &&
            (!best || e->entry.seq > best->entry.seq)) {
            best = e;
        }
    }
    return best ? fact_of(&best->entry, "to") : STR_EMPTY;
}

static int pages_of(const struct event_saved *e, const struct row_change *changes, size_t n)
{
    int pages = 0;
    for (size_t i = 0; i < n; i++) {
        const struct delivery_row *d =
            changes[i].row->table == TABLE_DELIVERY && !changes[i].old ? changes[i].now : NULL;
        pages += d && d->d.kind == NOTICE_PAGE && uuid_eq(d->d.incident, e->incident) &&
                 d->d.step == fact_number(&e->entry, "step") - 1;
    }
    return pages;
}

static void check_page(const struct event_saved *e, const struct row_change *changes, size_t n)
{
    const char *const *list = list_of(e);
    long long number = (long long)incident_of(e)->number;
    struct str before = paged_before(e), to = fact_of(&e->entry, "to");
    int64_t turn = fact_number(&e->entry, "turn");
    size_t first = before.n > 0 ? place_of(list, before) + 1 : (size_t)(turn - 1) % PLACES;
    CHECK_THAT(TURNS, (before.n > 0) == (turn < 0), "#%lld takes turn %lld and has paged \"%.*s\"",
               number, (long long)turn, STR_ARG(before));
    CHECK_THAT(TURNS, str_eq(to, expected(list, first)), "#%lld pages %.*s, not %.*s", number,
               STR_ARG(to), STR_ARG(expected(list, first)));
    CHECK_THAT(TURNS, pages_of(e, changes, n) == 1, "#%lld: a turn queues %d pages", number,
               pages_of(e, changes, n));
    if (before.n > 0) {
        SOMETIMES(TURN_GOES_ON);
    }
    if (fact_of(&e->entry, "passed_over").n > 0) {
        SOMETIMES(TURN_PASSED_OVER);
    }
}

/* How many entries of this commit have that turn of the step. */
static int holders(const struct turn_row *t, int64_t turn, const struct row_change *changes,
                   size_t n)
{
    int found = 0;
    for (size_t i = 0; i < n; i++) {
        const struct event_saved *e = event_in(&changes[i]);
        found += is_in_turn(e) && fact_number(&e->entry, "turn") == turn &&
                 fact_number(&e->entry, "step") == t->step + 1;
    }
    return found;
}

static int64_t check_counter(const struct turn_row *old, const struct turn_row *now,
                             const struct row_change *changes, size_t n)
{
    int64_t from = old ? old->taken : 0;
    for (int64_t turn = from + 1; turn <= now->taken; turn++) {
        int found = holders(now, turn, changes, n);
        CHECK_THAT(TURNS, found == 1, "turn %lld of step %d is taken and %d incidents have it",
                   (long long)turn, now->step + 1, found);
    }
    CHECK_THAT(TURNS, now->taken > from, "turns of step %d go back", now->step + 1);
    if (now->taken > from + 1) {
        SOMETIMES(TURNS_IN_ONE_BATCH);
    }
    return now->taken - from;
}

void check_turns(const struct row_change *changes, size_t n)
{
    int64_t taken = 0, held = 0;
    for (size_t i = 0; i < n && !check_has_failed(); i++) {
        const struct event_saved *e = event_in(&changes[i]);
        if (is_in_turn(e)) {
            check_page(e, changes, n);
            held += fact_of(&e->entry, "turn").n > 0;
        }
        CHECK_THAT(TURNS, !is_of_turns(e, EVENT_STEP_SKIPPED),
                   "#%lld skips a step that has people to page", (long long)incident_of(e)->number);
        if (changes[i].row->table == TABLE_TURN) {
            taken += check_counter(changes[i].old, changes[i].now, changes, n);
        }
    }
    CHECK_THAT(TURNS, taken == held, "%lld turns are taken, %lld incidents have one",
               (long long)taken, (long long)held);
}
