#pragma once
/* why_text — an entry of an incident's timeline in plain words. Layer: app. Pure. */
#include "ports/store.h"

/* "step 1: page to Anna", with every fact that the entry has. A kind of a newer version comes as
 * its name and facts. In the arena. */
struct str why_text(struct arena *, const struct event_row *);
