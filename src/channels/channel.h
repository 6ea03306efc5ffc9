#pragma once
/* channel — how one kind of provider is spoken to: build a request, read its reply. No sockets.
 *
 * One file per channel, each with one `const struct channel`. The delivery flow asks for a request,
 * hands it to the transfer port, and gives the reply back to be classified.
 * Layer: channels. Pure but for the arena. Any thread. */
#include "channels/speech.h"
#include "domain/settings.h"
#include "ports/transfer.h"

struct channel {
    enum channel_kind kind;

    /* Fills *ret (everything in the speech's arena; secrets only where the protocol wants them).
     * `is_plain` asks for the fallback without any markup. Templates that failed are the speech's
     * complaint, and no error. ERR_INVALID: this contact or message can never be
     * sent by this channel (no such webhook, no token configured, malformed address); err.detail
     * says why and becomes the reason on the timeline. */
    enum status (*build)(const struct channel_settings *, struct speech *, bool is_plain,
                         struct transfer_request *ret, struct err *);

    /* Reads a reply to a request built for `message`. */
    void (*classify)(const struct message *, const struct transfer_reply *, struct arena *,
                     struct outcome *ret);
};

extern const struct channel channel_console, channel_slack, channel_telegram, channel_email,
    channel_webhook;

const struct channel *channel_of(enum channel_kind);
