#include "app/template_zones.h"

#include "adapters/tz_files.h"

#include <pthread.h>
#include <stdlib.h>

struct template_zone {
    struct template_zone *older;
    struct gotime_zone zone;
};

static const struct tz *read_zone(struct arena *arena, struct str name)
{
    struct str bytes;
    const struct tz *tz = NULL;
    if (tz_files_read(arena, name, &bytes, NULL) != OK || tz_parse(arena, bytes, &tz, NULL) != OK) {
        return NULL;
    }
    return tz;
}

/* As Go's: $TZ under its name, else what the machine is set to as "Local", else UTC. */
void template_zones_init(struct template_zones *zones, struct arena *arena)
{
    const char *variable = getenv("TZ");
    struct str name = variable ? str_from(variable) : STR("Local");
    if (str_starts_with(name, STR(":"))) {
        name = str_slice(name, 1, name.n);
    }
    *zones = (struct template_zones){.arena = arena,
                                     .local = {.kind = GOTIME_LOCAL, .name = str_dup(arena, name)}};
    zones->local.tz = name.n > 0 && !str_eq(name, STR("UTC")) ? read_zone(arena, name) : NULL;
    if (!zones->local.tz) {
        zones->local.name = STR("UTC");
    }
}

const struct gotime_zone *template_zones_local(const struct template_zones *zones)
{
    return &zones->local;
}

const struct gotime_zone *template_zones_find(void *context, struct str name)
{
    struct template_zones *zones = context;
    for (struct template_zone *z = zones->newest; z; z = z->older) {
        if (str_eq(z->zone.name, name)) {
            return &z->zone;
        }
    }
    const struct tz *tz = read_zone(zones->arena, name);
    if (!tz) {
        return NULL;
    }
    struct template_zone *z = ARENA_NEW(zones->arena, struct template_zone);
    *z = (struct template_zone){
        .older = zones->newest,
        .zone = {.kind = GOTIME_NAMED, .name = str_dup(zones->arena, name), .tz = tz}};
    zones->newest = z;
    return &z->zone;
}

const struct gotime_zone *template_zones_shared(void *unused, struct str name)
{
    static struct arena arena; /* there are only so many zones */
    static struct template_zones zones;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)unused;
    pthread_mutex_lock(&lock);
    if (!zones.arena) {
        arena_init(&arena);
        template_zones_init(&zones, &arena);
    }
    const struct gotime_zone *zone = template_zones_find(&zones, name);
    pthread_mutex_unlock(&lock);
    return zone;
}
