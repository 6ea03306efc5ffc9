#include "flows/incident_message.h"

static struct str person(struct arena *a, const struct settings *settings, struct str actor)
{
    if (str_starts_with(actor, STR("user:"))) {
        const struct user *user =
            directory_user(&settings->directory, str_slice(actor, 5, actor.n));
        return str_dup(a, user ? user->name : str_slice(actor, 5, actor.n));
    }
    return str_dup(a, actor);
}

struct message incident_message(struct arena *a, const struct settings *settings,
                                const struct incident *in, int64_t now_at)
{
    char id[UUID_TEXT + 1];
    return (struct message){
        .kind = NOTICE_PAGE,
        .to = {.address = STR_EMPTY, .user = STR_EMPTY, .language = STR_EMPTY},
        .earlier_ref = STR_EMPTY,
        .id = STR_EMPTY,
        .incident_number = in->number,
        .incident_id = str_dup(a, str_from(uuid_format(in->id, id))),
        .title = str_dup(a, in->title),
        .severity = str_dup(a, in->severity),
        .service = str_dup(a, in->service),
        .state = str_from(incident_state_name(in->state)),
        .receiver = str_dup(a, in->receiver),
        .group_labels = labels_dup(a, in->group_labels),
        .cycle = in->cycle,
        .round = 1,
        .step = 1,
        .seq = in->seq,
        .firing = in->firing,
        .total = in->total,
        .opened_at = in->opened_at,
        .now_at = now_at,
        .acked_at = in->acked_at,
        .resolved_at = in->resolved_at,
        .acked_by = person(a, settings, in->acked_by),
        .resolved_by = person(a, settings, in->resolved_by),
        .snoozed_until = in->state == INCIDENT_ACKNOWLEDGED ? in->snoozed_until : AT_NONE,
        .merged_into = in->state == INCIDENT_RESOLVED ? 0 : in->merged_into,
        .note = STR_EMPTY,
        .ack_url = STR_EMPTY,
        .resolve_url = STR_EMPTY,
        .snooze_url = STR_EMPTY,
        .open_url = STR_EMPTY,
        .external_url = str_dup(a, settings->external_url),
        .to_name = STR_EMPTY,
    };
}
