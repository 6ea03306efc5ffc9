#pragma once
/* gotime_format — times to text and back, by Go's layouts ("2006-01-02 15:04:05 MST").
 * Layer: formats. Pure. Any thread. */
#include "formats/template/gotime.h"

void gotime_format(struct strbuf *out, const struct gotime *, struct str layout);
/* "2026-03-04 10:15:30.123 +0000 UTC" */
void gotime_add_text(struct strbuf *out, const struct gotime *);
/* "time.Date(2026, time.March, 4, 10, 15, 30, 123000000, time.UTC)" */
void gotime_add_source(struct strbuf *out, const struct gotime *);
/* "UTC", "Local", "Europe/Prague", "" */
struct str gotime_zone_name(const struct gotime_zone *);

/* Reads a text as the layout has it; without a zone in it, it is UTC. False: *why gets Go's words
 * ("parsing time \"x\" as \"2006\": cannot parse \"x\" as \"2006\""). Fixed zones are put in the
 * arena. */
bool gotime_parse(struct arena *, struct str layout, struct str text, struct gotime *ret,
                  struct strbuf *why);
