#pragma once
/* flap — an incident that opens and clears again and again tells people once that it does, instead
 * of paging at every turn. It pages again as soon as it has fired for a while without a break, and
 * says that it is over once it has been quiet for as long: no final state is missed.
 * Layer: domain. Pure. */
#include "domain/incident.h"

/* A new cycle began. Remembers it and forgets those that are too long ago. True: with it there are
 * as many as the policy calls flapping. */
bool flap_note_open(struct incident *, const struct flap_policy *, int64_t now_at);
/* It has settled: what was before does not count any more. */
void flap_forget(struct incident *);
