#pragma once
/* routes_watch — have the routing files on disk changed, and has whoever changes them finished?
 *
 * Looks at names, sizes and times every time it is asked (about once a second), instead of asking
 * the kernel to tell: that also works on network file systems and for folders that are swapped by a
 * link, as Kubernetes does. A change counts once two looks in a row saw the same.
 * Layer: app. Main thread. */
#include "app/settings_schema.h"
#include "app/template_files.h"

struct routes_watch {
    uint64_t taken; /* what was loaded, or refused */
    uint64_t seen;  /* at the last look */
    struct arena arena;
    struct template_watch templates; /* that the load found named; in the arena */
};

/* As the files are now: they are being loaded. */
void routes_watch_take(struct routes_watch *, struct setting_texts paths);
/* The templates as that load found them, before it read them. */
void routes_watch_take_templates(struct routes_watch *, const struct template_watch *);
/* True: load them now (they count as taken). */
bool routes_watch_look(struct routes_watch *, struct setting_texts paths);
