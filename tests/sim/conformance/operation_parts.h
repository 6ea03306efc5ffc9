#pragma once
/* operation_parts — what the calls of a schedule have in common. Private to operation*.c, which are
 * compiled for either side. */
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

static inline void put_delivery(struct strbuf *out, const struct delivery *d)
{
    strbuf_printf(out, " {%lld of %02x c%d s%lld %s %s:%.*s %.*s step%d/%d tries%u fence%lld",
                  (long long)d->id, d->incident.b[15], d->cycle, (long long)d->state_seq,
                  notice_kind_name(d->kind), channel_kind_name(d->contact.channel),
                  STR_ARG(d->contact.address), STR_ARG(d->dedupe_key), d->step, d->round,
                  d->attempts, (long long)d->fence);
    strbuf_printf(out, " wanted%lld", (long long)(d->wanted_at == AT_NONE ? -1 : d->wanted_at));
    strbuf_printf(out, "%s%s%s ref %.*s rest %.*s}", d->is_plain ? " plain" : "",
                  d->may_be_repeated ? " repeat" : "",
                  d->is_replaced ? " replaced"
                  : d->is_outrun ? " outrun"
                                 : "",
                  STR_ARG(d->ref), STR_ARG(d->contacts_text));
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
