#pragma once
/* storm_page — the page behind a summary's link: what it names, and one button to take it all.
 * Layer: flows; private to the pages. Query threads. */
#include "flows/links.h"
#include "flows/routes.h"

/* Answers with the page. `said` is a word of the templates, or NULL. */
enum status storm_page_show(struct query *, const struct action_token *, struct str language,
                            const char *said, int status, struct err *);
/* Acknowledges, as `actor`, every incident that the summary names and that is still open in the
 * cycle it told of; answers with the page. Pressing again takes what has come since. */
enum status storm_page_act(struct query *, const struct action_token *, struct str actor,
                           struct str language, struct err *);
