#pragma once
/* html_escape — text that is safe between tags and inside quoted attributes.
 *
 * & < > " ' become entities (numeric for the quotes: Telegram knows those too); NUL and bytes that
 * are not UTF-8 become U+FFFD. Not for scripts, styles, URLs' schemes or unquoted attributes.
 * Layer: formats. Pure. Any thread. */
#include "base/str.h"

void html_escape(struct strbuf *out, struct str text);
