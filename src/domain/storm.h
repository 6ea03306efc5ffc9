#pragma once
/* storm — many pages for one destination at once become one summary there, edited as it grows, and
 * nothing is dropped: every page is sent or named in the summary.
 *
 * A destination has a bucket that holds `pages` and fills up in `within`; every page takes one.
 * When it is empty a storm begins, for `within`: pages are covered by the summary. Each page of the
 * storm, covered or sent, puts its end off by the time in which the bucket gets one back, so it
 * ends when fewer come than may: a trickle behind a burst does not keep it up, and at `pages` in
 * `within` or more it goes on. When it has ended the bucket is full, so it does not flap. A part of
 * the bucket is kept for first pages of the severities that matter most; those are sent one by one
 * as long as it lasts, during the storm, too. Layer: domain. Pure. */
#include "domain/receiver.h"

struct storm_state {
    double tokens;     /* in the bucket */
    int64_t tokens_at; /* as of then; AT_NONE: it is full */
    int64_t until_at;  /* the storm ends then, if no more pages come; AT_NONE: there was none */
};

#define STORM_STATE_INIT ((struct storm_state){.tokens_at = AT_NONE, .until_at = AT_NONE})

bool storm_is_on(const struct storm_state *, int64_t now_at);
/* Does the reserve serve this page? `is_first`: the first one of its incident's cycle. */
bool storm_is_reserved(const struct storm_policy *, struct str severity, bool is_first);
/* Would storm_admit let it pass? */
bool storm_would_admit(const struct storm_policy *, const struct storm_state *, bool is_reserved,
                       int64_t now_at);
/* A page is about to be sent. True: send it; false: the summary covers it. */
bool storm_admit(const struct storm_policy *, struct storm_state *, bool is_reserved,
                 int64_t now_at);
