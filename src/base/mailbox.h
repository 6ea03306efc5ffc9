#pragma once
/* mailbox — a bounded queue between threads; the only way they talk.
 *
 * Bounded in items and in bytes. Items are pointers whose ownership moves with them.
 * Layer: base. Any thread may post; any thread may take. */
#include "base/str.h"

struct mailbox;

struct mailbox *mailbox_new(size_t max_items, size_t max_bytes);
void mailbox_free(struct mailbox *); /* must be empty */

/* False when the box is full or closed: the caller keeps the item. `bytes` is what the item holds.
 */
bool mailbox_post(struct mailbox *, void *item, size_t bytes);

/* Takes up to max items in order. Waits up to timeout_us for the first one (0: do not wait).
 * Returns how many; 0 after the timeout, a nudge, or when closed and empty. */
size_t mailbox_take(struct mailbox *, void **items, size_t max, int64_t timeout_us);

/* Wakes a waiting taker although there is no item: a hint that there is work elsewhere. Remembered
 * until the next take, so it is never lost. */
void mailbox_nudge(struct mailbox *);

/* No more posts; takers drain what is left. */
void mailbox_close(struct mailbox *);
bool mailbox_is_closed(struct mailbox *);
size_t mailbox_len(struct mailbox *);
size_t mailbox_bytes(struct mailbox *);
