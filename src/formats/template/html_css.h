#pragma once
/* html_css — values in style sheets. The states are html_context's.
 * Layer: formats. Pure but for the arena. Any thread. */
#include "base/str.h"

/* What escapes stand for; borrows the text if there are none. */
struct str html_css_decode(struct arena *, struct str text);
/* Text inside a CSS string. */
void html_css_add_escaped(struct strbuf *out, struct str text);
/* A value that stands alone: words, numbers, colours; false for what could be more than that.
 * *ret is the value, decoded. */
bool html_css_is_plain(struct arena *, struct str text, struct str *ret);
