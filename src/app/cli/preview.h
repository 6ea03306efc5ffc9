#pragma once
/* preview — messages as channels would send them, without sending any.
 * Layer: app. One thread. */
#include "channels/channel.h"

/* What a channel is made to believe: it is configured, by secrets that are none. In the arena. */
struct channel_settings preview_settings(struct arena *, const struct message_templates *);
/* Somewhere that channel may send to; the message's `to` is set. */
void preview_address(struct message *, enum channel_kind);
/* A page about two alerts that nobody has. */
struct message preview_sample(struct arena *, int64_t now_at);
/* Links that lead nowhere below the address where people reach us. */
void preview_links(struct arena *, struct message *);

/* The words that somebody reads there; markup of the receiver's own stands as it is written. */
struct str preview_words(struct speech *);
