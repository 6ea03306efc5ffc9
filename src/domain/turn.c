#include "domain/turn.h"

enum { PASSED_OVER_MAX = 1000 };

struct pick turn_pick(struct candidates list, size_t first)
{
    for (size_t i = 0; i < list.n; i++) {
        size_t place = (first + i) % list.n;
        if (list.v[place].reach == REACH_OK) {
            return (struct pick){&list.v[place], first % list.n, place};
        }
    }
    return (struct pick){.first = list.n > 0 ? first % list.n : 0};
}

size_t turn_place(struct candidates list, const struct contact *asked)
{
    for (size_t i = 0; i < list.n; i++) {
        const struct candidate *c = &list.v[i];
        const struct contact *way = c->to.n_contacts > 0 ? &c->to.contacts[0] : NULL;
        bool is_same = asked->user.n > 0
                           ? str_eq(c->user, asked->user)
                           : c->user.n == 0 && way && way->channel == asked->channel &&
                                 str_eq(way->address, asked->address);
        if (is_same) {
            return i;
        }
    }
    return SIZE_MAX;
}

struct str turn_passed_over(struct candidates list, const struct pick *pick, struct arena *arena)
{
    struct strbuf text;
    strbuf_init(&text, arena, PASSED_OVER_MAX);
    for (size_t i = 0; i < list.n; i++) {
        const struct candidate *c = &list.v[(pick->first + i) % list.n];
        if (c == pick->one) {
            break;
        }
        strbuf_printf(&text, "%s%.*s (%s)", i > 0 ? ", " : "", STR_ARG(c->to.label),
                      reach_name(c->reach));
    }
    return strbuf_str(&text);
}

void asked_note(struct arena *arena, asked_vec *asked, int step, const struct contact *contact)
{
    for (size_t i = 0; i < asked->n; i++) {
        if (asked->v[i].step == step) {
            asked->v[i].contact = *contact;
            return;
        }
    }
    struct asked one = {step, *contact};
    VEC_PUSH(arena, asked, one);
}

bool plan_takes_turns(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (plan->steps[i].is_in_turn) {
            return true;
        }
    }
    return false;
}
