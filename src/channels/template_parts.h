#pragma once
/* template_parts — the pieces that template_data_make puts together.
 * Layer: channels. Only for template_*.c. */
#include "channels/template_types.h"

struct pieces {
    struct arena *arena;
    const struct message *message;
    const struct template_view *view;
};

/* Text as it is but for what could do harm, of at most max units. */
struct value piece_text(const struct pieces *, struct str, size_t max);
/* The same as one line. */
struct value piece_line(const struct pieces *, struct str, size_t max);
/* The same as lines, with at most one empty one in a row. */
struct value piece_block(const struct pieces *, struct str, size_t max);
/* An http(s) URL as it is; anything else is no text at all. */
struct value piece_url(struct str);
struct value piece_time(const struct pieces *, int64_t at);
/* "12 min", or empty if it is not known when it began, or that was just now. */
struct value piece_length(const struct pieces *, int64_t from_at, int64_t to_at);
struct value piece_kv(const struct pieces *, struct labels, size_t max);
struct value piece_alerts(const struct pieces *, const struct value_type *, struct alerts);

struct value piece_incident(const struct pieces *);
struct value piece_notice(const struct pieces *);
struct value piece_target(const struct pieces *);
struct value piece_diff(const struct pieces *);
struct value piece_storm(const struct pieces *);
/* What is known of the incident, in the order in which it is needed. */
struct value piece_facts(const struct pieces *, const struct value *incident);
struct value piece_description(const struct pieces *);
struct value piece_page(const struct pieces *);
/* What an alert says and where; the end of the line, which is how long, is not in it. */
void piece_alert_line(const struct pieces *, const struct alert *, struct value *fields);
