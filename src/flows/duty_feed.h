#pragma once
/* duty_feed — calendars of who is on call: of a schedule or of a user, as iCalendar text.
 *
 * A calendar program cannot send a bearer token, so each feed has an address that nobody can guess:
 * `?token=` is derived from the installation's secret key and the feed's name. It opens this feed
 * and nothing else; a new secret key closes all of them. Layer: flows. Any thread. */
#include "domain/settings.h"

enum { FEED_TOKEN_BYTES = 24, FEED_BYTES_MAX = 4 * 1024 * 1024 };

/* What a feed shows around now; the first shift may have begun earlier still. */
#define FEED_PAST_US (31 * US_PER_DAY)
#define FEED_FUTURE_US (180 * US_PER_DAY)
/* Shifts are cut at the window's edge; this far before it, only those that are over are. */
#define DUTY_FEED_RUN_UP_US (100 * US_PER_DAY)

struct duty_feed {
    const struct directory *directory;
    struct overrides overrides;      /* made at run time */
    const struct schedule *schedule; /* of this schedule … */
    const struct user *user;         /* … or of this user in all schedules */
    int64_t from_at, until_at;
    int64_t stamp_at;
};

/* False: too many shifts for a feed. */
bool duty_feed_write(struct arena *, const struct duty_feed *, struct str *ret);

/* kind: "schedule" or "user". */
struct str feed_token(struct arena *, const struct secret *master, struct str kind,
                      struct str name);
/* "/v1/schedules/NAME.ics?token=…", percent-encoded. */
struct str feed_path(struct arena *, const struct secret *master, struct str kind, struct str name);
