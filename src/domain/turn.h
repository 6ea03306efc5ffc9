#pragma once
/* turn — whose turn it is in a step that pages one of its people at a time (`round_robin: true`).
 *
 * The list is everyone the step names now, those who cannot be reached included. The first time a
 * step begins in a cycle it takes the next turn, which are counted over all incidents of the
 * receiver: who has that place in the list, modulo its length, is paged. When it begins again (the
 * next round, after an acknowledgement that ended) it goes on behind whom it paged last. Who cannot
 * be reached is passed over; which of the others it is does not depend on anything else.
 * Layer: domain. Pure: turns are handed out by the store. */
#include "base/vec.h"
#include "domain/directory.h"

/* Handed out for one beginning of a step. */
struct turn {
    int step;
    int64_t number; /* from 0 */
};

/* Whom a step paged last in this cycle. */
struct asked {
    int step;
    struct contact contact;
};
typedef VEC(struct asked) asked_vec; /* each step once */

struct pick {
    const struct candidate *one; /* NULL: nobody can be reached */
    size_t first;                /* whose turn it was */
    size_t place;                /* of `one` in the list */
};

/* The first who is reached from that place on, around the list. */
struct pick turn_pick(struct candidates, size_t first);
/* The place of who was asked; SIZE_MAX: they are not in the list any more. */
size_t turn_place(struct candidates, const struct contact *asked);
/* "Anna (quiet time), Boris (no way to reach them)": who is passed over for the pick. */
struct str turn_passed_over(struct candidates, const struct pick *, struct arena *);
/* The step has paged the contact, which is borrowed. */
void asked_note(struct arena *, asked_vec *, int step, const struct contact *);
/* Does any step page in turn? */
bool plan_takes_turns(const struct plan *);
