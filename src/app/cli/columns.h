#pragma once
/* columns — text in columns for a terminal: widths count characters, as names may be in any
 * alphabet. Layer: app. Pure. */
#include "base/str.h"

/* Adds the text, spaces up to the width, and two more. */
void columns_add(struct strbuf *, struct str text, size_t width);
/* The same, flush right. */
void columns_add_right(struct strbuf *, struct str text, size_t width);
