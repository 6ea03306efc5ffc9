#pragma once
/* export — an incident's story as a draft of its post-mortem: Markdown for people, JSON for
 * programs. All text from alerts, people and scripts is cleaned and, in Markdown, escaped.
 * Layer: app. Pure. */
#include "flows/postmortem.h"

enum { EXPORT_TEXT_MAX = 64 << 20 };

struct export_story {
    struct incident incident;
    struct config_row config; /* no hash: not known any more */
    const struct event_row *events;
    size_t n_events;
    bool is_cut; /* there are earlier entries */
    const struct alert *alerts;
    size_t n_alerts;
    const struct run *runs;
    size_t n_runs;
    struct postmortem facts;
};

struct str export_markdown(struct arena *, const struct export_story *);
struct str export_json(struct arena *, const struct export_story *);
