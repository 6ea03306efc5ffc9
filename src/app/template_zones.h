#pragma once
/* template_zones — time zones for templates, from the machine's tz database, each read once.
 * Layer: app. Owner: the arena given to template_zones_init. One thread. */
#include "formats/template/gotime.h"

struct template_zones {
    struct arena *arena;
    struct template_zone *newest;
    struct gotime_zone local;
};

void template_zones_init(struct template_zones *, struct arena *);
/* The machine's own zone; UTC if that is not known. */
const struct gotime_zone *template_zones_local(const struct template_zones *);
/* For template_env.find_zone; the context is the struct. */
const struct gotime_zone *template_zones_find(void *zones, struct str name);
