#pragma once
/* html_entity — character references of HTML, so far as they matter for where text stands: numeric
 * ones, and names of the characters that end or begin something in URLs and style sheets.
 * Layer: formats. Pure but for the arena. Any thread. */
#include "base/str.h"

/* Borrows the text if there is nothing to decode. Unknown references stay as they are. */
struct str html_entity_decode(struct arena *, struct str text);
