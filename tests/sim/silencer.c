/* People who keep something quiet for a while, and some of them end it before its time. */
#include "sim/world.h"

#include "base/time_units.h"
#include "sim/dice.h"
#include "sim/sometimes.h"
#include "sim/source.h"
#include "sim/trace.h"

#include <stdio.h>
#include <string.h>

enum { TRIES_MAX = 8 };

struct silencer {
    char id[UUID_TEXT + 1]; /* of the silence */
    int tries;
    bool ends_it, has_ended_it;
};
static VEC(struct silencer *) waiting; /* to end theirs */

static void request(struct silencer *s, enum http_method method, struct str path, struct str body,
                    http_answered done)
{
    http_send(&(struct http_call){.method = method,
                                  .path = path,
                                  .body = body,
                                  .authorization = STR("Bearer canary-api-token"),
                                  .done = done,
                                  .arg = s});
}

/* ---- the end --------------------------------------------------------------------------------- */

static void end(void *arg);

static void on_ended(void *arg, int status, struct str body)
{
    struct silencer *s = arg;
    (void)body;
    if (status == 200) {
        SOMETIMES(SILENCE_ENDED);
        s->has_ended_it = true;
    } else if ((status == 0 || status >= 500) && ++s->tries < TRIES_MAX) {
        sim_at(sim_now() + dice_between(US_PER_S, 4 * US_PER_S), end, s);
    }
}

static void end(void *arg)
{
    struct silencer *s = arg;
    char path[64];
    if (s->has_ended_it) {
        return;
    }
    int n = snprintf(path, sizeof(path), "/silences/%s", s->id);
    TRACE("a person ends silence %s", s->id);
    request(s, HTTP_DELETE, (struct str){path, (size_t)n}, STR_EMPTY, on_ended);
}

/* ---- a new one ------------------------------------------------------------------------------- */

static void on_made(void *arg, int status, struct str body)
{
    static const char marker[] = "\"id\":\"";
    struct silencer *s = arg;
    const char *at = status == 201 ? memmem(body.p, body.n, marker, sizeof(marker) - 1) : NULL;
    if (at && s->ends_it) {
        memcpy(s->id, at + sizeof(marker) - 1, UUID_TEXT);
        sim_at(sim_now() + dice_between(1000, 60 * US_PER_S), end, s);
        WORLD_PUSH(&waiting, s);
    }
}

/* The moment at which what was read is not true any more, and nobody sees what comes of it. */
void silencers_hurry(struct str muted_by)
{
    for (size_t i = 0; i < waiting.n; i++) {
        bool is_named = memmem(muted_by.p, muted_by.n, waiting.v[i]->id, UUID_TEXT) != NULL;
        if (is_named && dice_chance(500000)) {
            sim_at(sim_now(), end, waiting.v[i]);
        }
    }
}

static int matchers_of(char *ret, size_t room)
{
    size_t n_groups;
    const struct source_group *groups = source_groups(&n_groups);
    const struct source_group *g = &groups[dice_below(n_groups)];
    switch (dice_below(4)) {
    case 0:
        return snprintf(ret, room, "severity=\\\"%s\\\"", g->severity);
    case 1:
        return snprintf(ret, room, "alertname=\\\"%s\\\",instance=\\\"i%d\\\"", g->name,
                        (int)dice_below((uint64_t)g->n_alerts));
    default:
        return snprintf(ret, room, "alertname=~\\\"%s\\\"", g->name);
    }
}

static void make(void *arg)
{
    struct silencer *s = world_alloc(sizeof(*s));
    char matchers[80], body[256];
    (void)arg;
    if (world.is_calm) {
        return;
    }
    CHECK(matchers_of(matchers, sizeof(matchers)) < (int)sizeof(matchers));
    s->ends_it = dice_chance(600000);
    int lasts_s = (int)dice_between(3, s->ends_it ? 300 : 40);
    int n = snprintf(body, sizeof(body),
                     "{\"matchers\": [\"%s\"], \"for\": \"%ds\", \"comment\": \"deployment\"}",
                     matchers, lasts_s);
    TRACE("a person silences {%s} for %d s", matchers, lasts_s);
    request(s, HTTP_POST, STR("/silences"), (struct str){body, (size_t)n}, on_made);
    sim_at(sim_now() + dice_between(US_PER_S, 20 * US_PER_S), make, NULL);
}

void silencers_start(void)
{
    memset(&waiting, 0, sizeof(waiting));
    if (world.chances.silences) {
        sim_at(sim_now() + dice_between(US_PER_S, 15 * US_PER_S), make, NULL);
    }
}
