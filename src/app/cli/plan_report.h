#pragma once
/* plan_report — what `config plan` found out, for people and for programs. Layer: app. Pure. */
#include "flows/replay_diff.h"

struct plan_report {
    struct str names[REPLAY_SIDES]; /* what is compared, for people */
    int64_t from_at, until_at;
    int64_t n_unreadable; /* bodies that are no alerts any more */
    const struct replay_diff *diff;
    bool shows_pages;          /* every page under the new configuration, one by one */
    const struct str *reasons; /* what makes the command fail */
    size_t n_reasons;
};

void plan_report_text(const struct plan_report *, struct arena *, struct strbuf *out);
void plan_report_json(const struct plan_report *, struct arena *, struct strbuf *out);
