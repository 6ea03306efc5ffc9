#pragma once
/* links — signed action links: made by deliver, checked by the query threads.
 *
 * The signing keys are derived from the installation's secret and a key number of the database
 * (docs/adr/0005): nothing in the database can forge a link, and rotating is one row.
 * Layer: flows. Any thread. */
#include "flows/deps.h"
#include "formats/token.h"

/* What a link is for; signed into it. An ack link can do nothing else. */
#define LINK_PURPOSES(X)                                                                           \
    X(LINK_NONE, "none")                                                                           \
    X(LINK_ACKNOWLEDGE, "acknowledge")                                                             \
    X(LINK_VIEW, "view")                                                                           \
    X(LINK_ACKNOWLEDGE_STORM, "acknowledge_storm") /* all that a summary names */                  \
    X(LINK_RESOLVE, "resolve")                                                                     \
    X(LINK_SNOOZE, "snooze") /* for LINK_SNOOZE_US from when the button is pressed */
ENUM_DECLARE(link_purpose, LINK_PURPOSES)

#define LINK_LIFETIME_US (24 * US_PER_HOUR)
#define LINK_SNOOZE_US US_PER_HOUR

struct links;

struct links *links_new(const struct secret *const *masters, size_t n_masters);
void links_free(struct links *);
/* Reads the key numbers in use. Call at start and now and then. */
MUST_CHECK enum status links_load(struct links *, struct store *, struct err *);

/* "https://alerts.example.org/a/<token>", or empty before the keys were loaded. */
struct str links_url(struct links *, struct arena *, struct str base_url, enum link_purpose,
                     const struct delivery *, int64_t now_at);
/* ERR_FORBIDDEN for anything that is not a valid link; err.where says "expired" when it was one. */
MUST_CHECK enum status links_verify(struct links *, struct str token, int64_t now_at,
                                    struct action_token *ret, struct err *);
/* Does the token open that feed (flows/duty_feed.h), with any of the installation's keys? */
bool links_feed_fits(const struct links *, struct str kind, struct str name, struct str token);
/* The click nonce that a page's form carries: proves that the form was rendered for this link
 * within the last hour. */
struct str links_nonce(struct links *, struct arena *, const struct action_token *, int64_t now_at);
bool links_nonce_fits(struct links *, const struct action_token *, struct str nonce,
                      int64_t now_at);
