#pragma once
/* template_zones — time zones for templates, from the machine's tz database, each read once.
 * Layer: app. Owner: the arena given to template_zones_init. One thread, but for the shared ones.
 */
#include "formats/template/gotime.h"

struct template_zones {
    struct arena *arena;
    struct template_zone *newest;
    struct gotime_zone local;
};

void template_zones_init(struct template_zones *, struct arena *);
/* The machine's own zone; UTC if that is not known. */
const struct gotime_zone *template_zones_local(const struct template_zones *);
/* The same for templates that live with the process; any thread. The context is not looked at. */
const struct gotime_zone *template_zones_shared(void *unused, struct str name);
/* For template_env.find_zone; the context is the struct. */
const struct gotime_zone *template_zones_find(void *zones, struct str name);
