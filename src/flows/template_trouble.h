#pragma once
/* template_trouble — a template failed and another took its place: somebody has to mend it.
 * Counted, logged, and an alert about alertify itself (AlertifyTemplateFailed) that names the first
 * one until the routing files are loaded again.
 * Layer: flows. Any thread. */
#include "flows/deps.h"

/* So that the metric is there before the first one. */
void template_trouble_register(void);
/* `complaint` of a speech (channels/speech.h); empty: all is well. delivery 0: it was a page. */
void template_trouble_note(const struct deps *, struct str complaint, int64_t delivery);
