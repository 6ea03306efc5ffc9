#pragma once
/* telegram_html — text in the HTML that Telegram takes: some tags, few entities, and a length that
 * is counted without them (Bot API, "HTML style"). Anything else there is refused as a whole, so it
 * is looked at before it is sent.
 * Layer: channels. Pure. Any thread. */
#include "base/str.h"

/* False: Telegram would refuse it; *ret_why says for what. *ret_units: UTF-16 units of the text
 * that is left when tags are gone and entities are read. */
bool telegram_html_measure(struct arena *, struct str html, size_t *ret_units, struct str *ret_why);
