#include "channels/channel.h"

const struct channel *channel_of(enum channel_kind kind)
{
    switch (kind) {
    case CHANNEL_CONSOLE:
        return &channel_console;
    case CHANNEL_SLACK:
        return &channel_slack;
    case CHANNEL_TELEGRAM:
        return &channel_telegram;
    case CHANNEL_EMAIL:
        return &channel_email;
    case CHANNEL_WEBHOOK:
        return &channel_webhook;
    case channel_kind_COUNT:
        break;
    }
    UNREACHABLE("channel kind");
}
