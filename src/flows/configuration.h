#pragma once
/* configuration — the routing configuration in force: an immutable, reference counted snapshot,
 * swapped whole. A flow takes a snapshot at the start of a piece of work and keeps it to its end.
 * Layer: flows. Any thread. */
#include "domain/route_index.h"
#include "domain/settings.h"
#include "wire/routes_file.h"

/* The escalation of a receiver as it is stored with incidents. */
struct receiver_plan {
    const struct receiver *receiver;
    struct str text; /* canonical JSON */
    struct str hash; /* of text */
};

struct snapshot {
    const struct settings *settings;
    const struct route_index *routes;  /* of settings->root */
    struct str hash;                   /* of the files */
    struct str source;                 /* their text, for the history */
    const struct receiver_plan *plans; /* by receiver, in settings order */
    size_t n_plans;
};

struct configuration;

struct configuration *configuration_new(void);
void configuration_free(struct configuration *);

/* A reload, in order: prepare → flow_configuration_save → put in force. Saved first, because an
 * incident refers to its stored plan. */

/* Takes over a clean result (no errors in it); `source` is copied. Owned by the caller until
 * configuration_swap; give up with configuration_unref. */
struct snapshot *configuration_prepare(struct configuration *, struct routes_result *result,
                                       struct str source);
/* Makes it the one in force and takes it over. */
void configuration_swap(struct configuration *, struct snapshot *);

/* Never NULL after the first swap. Give back with configuration_unref. */
const struct snapshot *configuration_ref(struct configuration *);
void configuration_unref(const struct snapshot *);
const struct receiver_plan *snapshot_plan(const struct snapshot *, const struct receiver *);
