#pragma once
/* ical — write an iCalendar document (RFC 5545): events in UTC, so that no time zone is needed.
 *
 * Lines end with CRLF and are folded at 75 octets, never inside a UTF-8 sequence; texts are
 * escaped, control characters left out. Check `out->is_full` at the end.
 * Layer: formats. Owner: the strbuf's arena. One thread at a time.
 *
 *     ical_begin(&buffer, STR("primary on call"));
 *     ical_event(&buffer, &(struct ical_event){…});
 *     ical_end(&buffer);
 */
#include "base/str.h"

struct ical_event {
    struct str uid; /* the same for the same event for ever */
    struct str summary, description;
    int64_t start_at, end_at; /* end_at excluded */
    int64_t stamp_at;         /* when this was written */
    int64_t sequence;         /* grows when the event is changed */
};

void ical_begin(struct strbuf *out, struct str name);
void ical_event(struct strbuf *out, const struct ical_event *);
void ical_end(struct strbuf *out);
