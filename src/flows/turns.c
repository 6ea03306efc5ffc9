#include "flows/turns.h"

#include "base/vec.h"

typedef VEC(struct turns_take) takes_vec;

enum status turns_asked(struct store *store, struct arena *arena, struct turn_case *cases, size_t n,
                        struct err *err)
{
    VEC(struct uuid) ids = {0};
    struct asked_row *rows;
    size_t n_rows;
    for (size_t i = 0; i < n; i++) {
        if (cases[i].incident->was_reached && plan_takes_turns(&cases[i].incident->plan)) {
            VEC_PUSH(arena, &ids, cases[i].incident->id);
        }
    }
    if (ids.n == 0) {
        return OK;
    }
    if (store_asked(store, arena, ids.v, ids.n, &rows, &n_rows, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        asked_vec asked = {0};
        for (size_t k = 0; k < n_rows; k++) {
            if (uuid_eq(rows[k].incident, cases[i].incident->id)) {
                VEC_PUSH(arena, &asked, rows[k].asked);
            }
        }
        cases[i].world.asked = asked.v;
        cases[i].world.n_asked = asked.n;
    }
    return OK;
}

static struct turns_take *take_of(struct arena *arena, takes_vec *takes, struct str receiver,
                                  int step)
{
    for (size_t i = 0; i < takes->n; i++) {
        if (takes->v[i].step == step && str_eq(takes->v[i].receiver, receiver)) {
            return &takes->v[i];
        }
    }
    struct turns_take take = {.receiver = receiver, .step = step};
    VEC_PUSH(arena, takes, take);
    return &takes->v[takes->n - 1];
}

/* The same once more, with its turns: the incident is due as before. */
static void decide_again(struct arena *arena, struct turn_case *c, takes_vec *takes)
{
    size_t n = c->decision.turns.n;
    struct turn *turns = ARENA_ARRAY(arena, struct turn, n);
    for (size_t i = 0; i < n; i++) {
        int step = c->decision.turns.v[i].step;
        turns[i] = (struct turn){step, take_of(arena, takes, c->incident->receiver, step)->first++};
    }
    c->world.turns = turns;
    c->world.n_turns = n;
    decision_init(&c->decision, arena, c->incident, c->decision.now_at);
    decision_escalate(&c->decision, &c->world);
    CHECK(c->decision.turns.n == n);
}

enum status turns_take(struct store *store, struct arena *arena, struct turn_case *cases, size_t n,
                       struct err *err)
{
    takes_vec takes = {0};
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < cases[i].decision.turns.n; k++) {
            int step = cases[i].decision.turns.v[k].step;
            take_of(arena, &takes, cases[i].incident->receiver, step)->n++;
        }
    }
    if (takes.n > 0 && store_turns_take(store, arena, takes.v, takes.n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        if (cases[i].decision.turns.n > 0) {
            decide_again(arena, &cases[i], &takes);
        }
    }
    return OK;
}
