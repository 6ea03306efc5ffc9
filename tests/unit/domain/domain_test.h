#pragma once
/* domain_test — an arena per test, labels and people in one line. */
#include <string.h>

#include "base/vec.h"
#include "cmocka_all.h"
#include "domain/decision.h"

static struct arena arena;

static int arena_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int arena_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

#define T(test) cmocka_unit_test_setup_teardown(test, arena_up, arena_down)

/* "b=2,a=1" */
static inline struct labels labels_of(const char *text)
{
    VEC(struct label) v = {0};
    struct str rest = str_from(text);
    while (rest.p && rest.n) {
        struct str value = str_cut(&rest, ','), name = str_cut(&value, '=');
        struct label label = {name, value.p ? value : STR_EMPTY};
        VEC_PUSH(&arena, &v, label);
    }
    return labels_make(&arena, v.v, v.n);
}
