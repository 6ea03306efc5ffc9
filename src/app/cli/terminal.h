#pragma once
/* terminal — text from outside made harmless for a terminal: what it would obey (C0, DEL, and C1 as
 * UTF-8) becomes a space. Alerts and scripts say what they like. Layer: app. Pure. */
#include "base/str.h"

/* Line ends stay when `has_lines`; otherwise the result is one line. */
struct str terminal_clean(struct arena *, struct str text, bool has_lines);
