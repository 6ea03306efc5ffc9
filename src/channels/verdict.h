#pragma once
/* verdict — what a reply means: helpers shared by the channels' classifiers.
 *
 * The text of a peer is untrusted: it is cleaned and cut before it becomes a reason.
 * Layer: channels. Pure but for the arena. Any thread. */
#include "domain/message.h"
#include "ports/transfer.h"

/* One word of a peer's error vocabulary. Tables end with {NULL}. */
struct verdict {
    const char *word; /* ends with '*': a prefix */
    enum outcome_kind kind;
    enum outcome_scope scope;
};

/* ASCII case does not matter. NULL: not in the table. */
const struct verdict *verdict_find(const struct verdict *table, struct str word);
/* True when there was no reply: NOT_SENT is TEMP, BROKEN is UNKNOWN; *ret is filled. */
bool verdict_without_reply(const struct transfer_reply *, struct arena *, struct outcome *ret);
/* By HTTP status: 2xx OK; 408, 425, 429, 5xx TEMP with the peer's Retry-After; 401 PERM credential;
 * everything else PERM destination. The reason is "429 Too Many Requests: words". */
struct outcome verdict_by_http(const struct transfer_reply *, struct str words, struct arena *);
struct outcome verdict_make(enum outcome_kind, enum outcome_scope, struct str reason);
/* "404 Not Found" and the peer's words, clean and short. */
struct str verdict_reason(struct arena *, int status, struct str words);
