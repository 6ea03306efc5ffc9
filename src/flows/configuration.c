#include "flows/configuration.h"

#include "base/digest.h"
#include "base/heap.h"
#include "wire/plan_text.h"

#include <pthread.h>

/* The snapshot with what owns it. `snapshot` comes first, so that one pointer serves both. */
struct held {
    struct snapshot snapshot;
    struct routes_result result;
    struct arena arena;
    int refs; /* under the configuration's lock */
    struct configuration *home;
};

struct configuration {
    pthread_mutex_t lock;
    struct held *current;
};

struct configuration *configuration_new(void)
{
    struct configuration *c = HEAP_NEW(struct configuration);
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

static void drop(struct held *held)
{
    routes_release(&held->result);
    arena_release(&held->arena);
    heap_free(held);
}

void configuration_unref(const struct snapshot *snapshot)
{
    if (!snapshot) {
        return;
    }
    struct held *held = (struct held *)(uintptr_t)snapshot;
    struct configuration *home = held->home;
    pthread_mutex_lock(&home->lock);
    bool is_last = --held->refs == 0;
    pthread_mutex_unlock(&home->lock);
    if (is_last) {
        drop(held);
    }
}

void configuration_free(struct configuration *c)
{
    if (c) {
        if (c->current) {
            configuration_unref(&c->current->snapshot);
        }
        pthread_mutex_destroy(&c->lock);
        heap_free(c);
    }
}

static void add_plans(struct held *held)
{
    const struct settings *settings = held->snapshot.settings;
    struct receiver_plan *plans =
        ARENA_ARRAY(&held->arena, struct receiver_plan, settings->n_receivers);
    for (size_t i = 0; i < settings->n_receivers; i++) {
        struct str text = plan_format(&held->arena, &settings->receivers[i].plan);
        plans[i] = (struct receiver_plan){.receiver = &settings->receivers[i],
                                          .text = text,
                                          .hash = digest_hex(&held->arena, text)};
    }
    held->snapshot.plans = plans;
    held->snapshot.n_plans = settings->n_receivers;
}

struct snapshot *configuration_prepare(struct configuration *c, struct routes_result *result,
                                       struct str source)
{
    struct held *held = HEAP_NEW(struct held);
    arena_init(&held->arena);
    held->result = *result;
    held->refs = 1;
    held->home = c;
    CHECK(held->result.settings);
    held->snapshot.settings = held->result.settings;
    held->snapshot.source = str_dup(&held->arena, source);
    held->snapshot.hash = str_from(held->result.hash);
    held->snapshot.routes = route_index_new(&held->arena, &held->snapshot.settings->root);
    add_plans(held);
    return &held->snapshot;
}

void configuration_swap(struct configuration *c, struct snapshot *snapshot)
{
    pthread_mutex_lock(&c->lock);
    struct held *old = c->current;
    c->current = (struct held *)snapshot;
    pthread_mutex_unlock(&c->lock);
    if (old) {
        configuration_unref(&old->snapshot);
    }
}

const struct snapshot *configuration_ref(struct configuration *c)
{
    pthread_mutex_lock(&c->lock);
    CHECK(c->current);
    c->current->refs++;
    const struct snapshot *snapshot = &c->current->snapshot;
    pthread_mutex_unlock(&c->lock);
    return snapshot;
}

const struct receiver_plan *snapshot_plan(const struct snapshot *s, const struct receiver *receiver)
{
    for (size_t i = 0; i < s->n_plans; i++) {
        if (s->plans[i].receiver == receiver) {
            return &s->plans[i];
        }
    }
    UNREACHABLE("a receiver of another snapshot");
}
