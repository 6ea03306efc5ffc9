#include "channels/slack_address.h"

static bool is_person(struct str id)
{
    bool is_well = id.n >= 3 && (id.p[0] == 'U' || id.p[0] == 'W');
    for (size_t i = 1; is_well && i < id.n; i++) {
        is_well = (id.p[i] >= 'A' && id.p[i] <= 'Z') || (id.p[i] >= '0' && id.p[i] <= '9');
    }
    return is_well;
}

bool slack_calls_for_action(enum notice_kind kind)
{
    return kind == NOTICE_PAGE || kind == NOTICE_REMINDER;
}

struct str slack_mention(struct arena *arena, const struct message *m)
{
    return m->to.channel == CHANNEL_SLACK && slack_calls_for_action(m->kind) &&
                   is_person(m->to.address)
               ? str_printf(arena, "<@%.*s>", STR_ARG(m->to.address))
               : STR_EMPTY;
}
