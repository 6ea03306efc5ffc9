#pragma once
/* strays — alerts that fire in incidents of an earlier configuration. Today's routing may lead them
 * elsewhere, but their news, above all that they are over, belongs to those incidents, too: an edit
 * of the routing must not leave an incident that pages for ever.
 * Read when the configuration changes, or when this process begins to lead.
 * Layer: flows. The process thread. */
#include "base/map.h"
#include "flows/configuration.h"
#include "ports/store.h"

struct stray {
    uint8_t group_key[GROUP_KEY_BYTES]; /* of the incident */
    const struct stray *next;           /* of the same alert */
};

struct strays {
    struct arena arena;
    struct map by_fingerprint;
    bool is_loaded;
    uint64_t term;           /* of leading, in which they were read */
    char hash[HASH_HEX + 1]; /* of the configuration that they are strange to */
};

void strays_init(struct strays *);
void strays_release(struct strays *);
/* They have to be read again. */
void strays_forget(struct strays *);
/* So they have when this is another term of leading than the last time. */
void strays_lead(struct strays *, uint64_t term);
MUST_CHECK enum status strays_refresh(struct strays *, struct store *, const struct snapshot *,
                                      struct err *);
/* The incidents that may hold the alert; NULL: none. */
const struct stray *strays_of(const struct strays *, uint64_t fingerprint);
