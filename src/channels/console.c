/* console — the message as text on standard output; for trying things out. */
#include "channels/channel.h"
#include "channels/verdict.h"

enum { TEXT_MAX = 20000 };

static enum status build(const struct channel_settings *settings, struct speech *speech,
                         bool is_plain, struct transfer_request *ret, struct err *err)
{
    (void)settings, (void)err;
    struct str text = is_plain ? STR_EMPTY : speech_say(speech, PART_CONSOLE, NULL, NULL);
    text = str_trim(text.p && text.n > 0 ? text : speech_plain(speech, TEXT_MAX));
    *ret = (struct transfer_request){
        .kind = TRANSFER_CONSOLE,
        .url = STR_EMPTY,
        .method = STR_EMPTY,
        .body = str_printf(speech->arena, "%.*s\n\n", STR_ARG(text)),
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
