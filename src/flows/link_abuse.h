#pragma once
/* link_abuse — how many broken links an address has tried lately, so that guessing is slow.
 *
 * Counts in windows of one minute, in a table of fixed size: a new address takes the slot of an old
 * one with the same hash, so a flood of addresses costs no memory and forgets at worst.
 * Layer: flows. Any thread. */
#include "base/str.h"

#define LINK_ABUSE_PER_ADDRESS 5
#define LINK_ABUSE_TOTAL 50

/* Notes one broken link. True: this address, or all together, are over the limit of this minute. */
bool link_abuse_note(struct str address, int64_t now_us);
