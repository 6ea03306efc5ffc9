#pragma once
/* text_diff — how one text became another, as a unified diff (three lines of context).
 *
 * Layer: formats. Owner: the arena, for the time of the call. Pure. Any thread. Time and memory
 * grow with the square of the number of differing lines, up to TEXT_DIFF_MAX; beyond, everything
 * between the common beginning and end counts as replaced. */
#include "base/str.h"

enum { TEXT_DIFF_MAX = 1500 };

/* Appends the hunks ("@@ -1,4 +1,5 @@ …"), without the two lines of names before them. Nothing if
 * the texts are equal; false then. */
bool text_diff(struct arena *, struct str before, struct str after, struct strbuf *out);
