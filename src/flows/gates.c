#include "flows/gates.h"

#include "base/vec.h"
#include "formats/rfc3339.h"

enum { IN_FLIGHT_PER_GATE = 10 };
#define NO_ROOM_US (500 * US_PER_MS)
#define PAUSE_MAX_US US_PER_HOUR

void gates_init(struct gates *g, struct store *store, struct arena *arena, int64_t now_at)
{
    *g = (struct gates){.store = store, .arena = arena, .now_at = now_at};
}

static struct destination_key destination_key(const struct contact *contact)
{
    return (struct destination_key){contact->channel, contact->address};
}

/* Where a request to wait counts. "NAME>#channel" of Slack: "NAME>"; of the usual account: "". */
static struct destination_key pause_key(const struct contact *contact)
{
    struct destination_key key = destination_key(contact);
    if (contact->channel == CHANNEL_SLACK) {
        size_t end = str_find(contact->address, CONTACT_ACCOUNT_END, 0);
        key.address = str_slice(contact->address, 0, end == SIZE_MAX ? 0 : end + 1);
    }
    return key;
}

uint64_t gate_of(const struct contact *contact)
{
    struct destination_key key = pause_key(contact);
    return str_hash(key.address) * 31 + key.channel;
}

enum status gates_load(struct gates *g, const struct delivery *deliveries, size_t n,
                       struct err *err)
{
    struct destination_key *keys = ARENA_ARRAY(g->arena, struct destination_key, 2 * n);
    size_t n_keys = 0;
    for (size_t i = 0; i < n; i++) {
        keys[n_keys++] = destination_key(&deliveries[i].contact);
        keys[n_keys++] = pause_key(&deliveries[i].contact);
    }
    return store_destinations_lock(g->store, g->arena, keys, n_keys, &g->v, &g->n, err);
}

static struct destination *find(struct gates *g, struct destination_key key)
{
    for (size_t i = 0; i < g->n; i++) {
        if (g->v[i].key.channel == key.channel && str_eq(g->v[i].key.address, key.address)) {
            return &g->v[i];
        }
    }
    UNREACHABLE("a destination that was not loaded");
}

static struct passage_verdict hold(struct gates *g, int64_t until_at, bool is_news)
{
    char text[RFC3339_TEXT_MAX];
    struct passage_verdict verdict = {.passage = PASSAGE_HOLD, .until_at = until_at};
    if (is_news) {
        verdict.why = str_printf(g->arena, "the provider asks to wait until %s",
                                 rfc3339_format(until_at, RFC3339_S, text));
    }
    return verdict;
}

static struct passage_verdict cover(struct gates *g, struct destination *destination, bool was_on)
{
    g->has_changed = true;
    destination->summary = was_on ? destination->summary : 0;
    return (struct passage_verdict){.passage = PASSAGE_COVER, .destination = destination};
}

/* What there is no room for. Urgent pages, of which a storm leaves only a few, keep their place. */
static struct passage_verdict wait_for_room(struct gates *g, const struct passenger *p)
{
    bool keeps_place = notice_priority(p->delivery->kind, p->severity) == 0;
    return hold(g, keeps_place ? AT_NONE : g->now_at + NO_ROOM_US, false);
}

struct passage_verdict gates_pass(struct gates *g, const struct passenger *p)
{
    const struct delivery *delivery = p->delivery;
    const struct destination *pause = find(g, pause_key(&delivery->contact));
    struct destination *destination = find(g, destination_key(&delivery->contact));
    struct storm_state *storm = &destination->storm;
    bool is_page = delivery->kind == NOTICE_PAGE && delivery->attempts == 0;
    bool is_reserved = storm_is_reserved(p->storm, p->severity, delivery->round <= 1);
    bool is_probe = pause->paused_until != AT_NONE;
    bool was_on = storm_is_on(storm, g->now_at);
    if (is_probe && pause->paused_until > g->now_at) {
        return hold(g, pause->paused_until, true);
    }
    if (is_page && !storm_would_admit(p->storm, storm, is_reserved, g->now_at)) {
        (void)storm_admit(p->storm, storm, is_reserved, g->now_at); /* it goes on */
        return cover(g, destination, was_on);
    }
    if (p->in_flight >= (is_probe ? 1 : IN_FLIGHT_PER_GATE)) {
        return wait_for_room(g, p);
    }
    if (is_page) {
        g->has_changed |= p->storm->pages > 0;
        CHECK(storm_admit(p->storm, storm, is_reserved, g->now_at));
    }
    return (struct passage_verdict){.passage = PASSAGE_SEND, .is_probe = is_probe};
}

bool gates_concern(const struct outcome *outcome, bool was_probe)
{
    return (outcome->kind == OUTCOME_TEMP && outcome->hint_us > 0) ||
           (outcome->kind == OUTCOME_OK && was_probe);
}

void gates_note(struct gates *g, const struct contact *contact, const struct outcome *outcome)
{
    struct destination *pause = find(g, pause_key(contact));
    int64_t wait_us = outcome->hint_us < PAUSE_MAX_US ? outcome->hint_us : PAUSE_MAX_US;
    if (outcome->kind == OUTCOME_OK) {
        bool is_over = pause->paused_until != AT_NONE && pause->paused_until <= g->now_at;
        pause->paused_until = is_over ? AT_NONE : pause->paused_until;
    } else if (pause->paused_until == AT_NONE || pause->paused_until < g->now_at + wait_us) {
        pause->paused_until = g->now_at + wait_us;
    }
    g->has_changed = true;
}

enum status gates_write(struct gates *g, struct err *err)
{
    return g->has_changed ? store_destinations_write(g->store, g->arena, g->v, g->n, err) : OK;
}
