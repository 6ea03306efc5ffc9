/* console — the message as text on standard output; for trying things out. */
#include "channels/channel.h"
#include "channels/summary.h"
#include "channels/verdict.h"

static enum status build(const struct channel_settings *settings, const struct message *message,
                         bool is_plain, struct arena *a, struct transfer_request *ret,
                         struct err *err)
{
    (void)settings, (void)is_plain, (void)err;
    struct summary s = summary_make(a, message, &summary_limits_default);
    struct str text = summary_text(a, &s);
    *ret = (struct transfer_request){
        .kind = TRANSFER_CONSOLE,
        .url = STR_EMPTY,
        .method = STR_EMPTY,
        .body = str_printf(a, "%.*s\n\n", STR_ARG(text)),
        .mail_from = STR_EMPTY,
        .mail_to = STR_EMPTY,
        .username = STR_EMPTY,
        .ca_file = STR_EMPTY,
    };
    return OK;
}

static void classify(const struct message *message, const struct transfer_reply *reply,
                     struct arena *a, struct outcome *ret)
{
    (void)message;
    if (!verdict_without_reply(reply, a, ret)) {
        *ret = verdict_make(OUTCOME_OK, SCOPE_DESTINATION, STR("written"));
    }
}

const struct channel channel_console = {CHANNEL_CONSOLE, build, classify};
