#pragma once
/* operation_parts — what the calls of a schedule have in common. Private to operation*.c, which are
 * compiled for either side. */
#include "sim/conformance/answer.h"
#include "sim/conformance/operation.h"

static inline uint64_t draw(uint64_t *chance, uint64_t n)
{
    *chance = *chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*chance >> 33) % n;
}

static inline struct uuid id_of(uint64_t n)
{
    struct uuid id = {{0}};
    for (int i = 0; i < 8; i++) {
        id.b[15 - i] = (uint8_t)(n >> (8 * i));
    }
    id.b[0] = 1;
    return id;
}

/* Any incident that somebody may have made: a few ids that come again. */
static inline struct uuid some_incident(uint64_t *chance)
{
    return id_of(1 + draw(chance, 3 * GROUPS));
}

static inline struct contact contact_of(uint64_t n)
{
    static const struct contact contacts[] = {
        {CHANNEL_SLACK, {"#ops", 4}, {"", 0}, {"en", 2}},
        {CHANNEL_WEBHOOK, {"anna", 4}, {"anna", 4}, {"en", 2}},
        {CHANNEL_EMAIL, {"b@x.org", 7}, {"boris", 5}, {"ru", 2}},
    };
    return contacts[n % 3];
}

/* May the delivery be written? Once in a transaction, as the flows do: at a second time PostgreSQL
 * looks after its incident again, which locks that. */
static inline bool may_write(struct act *s, int64_t id)
{
    for (size_t i = 0; i < s->known->n_written; i++) {
        if (s->known->written[i] == id) {
            return false;
        }
    }
    if (s->keeps && s->known->n_written < KNOWN_MAX) {
        s->known->written[s->known->n_written++] = id;
    }
    return true;
}

/* Destinations, and the summaries of storms. */
enum status operation_storms(struct store *, struct act *, struct arena *, struct strbuf *out,
                             struct err *);
/* What fires, where, and what keeps it quiet. */
enum status operation_mutes(struct store *, struct act *, struct arena *, struct strbuf *out,
                            struct err *);
