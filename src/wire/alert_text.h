#pragma once
/* alert_text — labels and annotations as a JSON object, for jsonb columns. Hot path.
 * Layer: wire. Pure. */
#include "base/err.h"
#include "domain/labels.h"

/* {"a":"b",…} in the set's order; "{}" for none. */
struct str labels_format_json(struct arena *, struct labels);
/* Any JSON object of strings; other values as their JSON text, null as absent. ERR_SYNTAX: not
 * JSON; ERR_INVALID: not an object. Borrows from the text. */
MUST_CHECK enum status labels_parse_json(struct arena *, struct str text, struct labels *ret,
                                         struct err *);
