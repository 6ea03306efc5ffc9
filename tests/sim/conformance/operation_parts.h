#pragma once
/* operation_parts — what the files of operation.h share. */
#include "sim/conformance/operation.h"

/* A number below n; the same sequence for the model and for the adapter. */
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

/* What fires, where, and what keeps it quiet. */
enum status operation_mutes(struct store *, struct act *, struct arena *, struct strbuf *out,
                            struct err *);
