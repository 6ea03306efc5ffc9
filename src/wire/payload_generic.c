/* Well-formed JSON of an unknown kind: one alert, so that somebody is told. */
#include "wire/payload_kinds.h"

void payload_read_custom(struct arena *arena, struct str source_name, struct json_view root,
                         struct payload *ret)
{
    struct json_view member;
    struct str severity = STR_EMPTY;
    if (json_view_member(arena, root, STR("severity"), &member)) {
        (void)json_view_string(arena, member, &severity);
    }
    const struct label labels[] = {
        {STR("alertname"), STR("UnmappedPayload")},
        {STR("source"), source_name},
        {STR("severity"), severity},
    };
    const struct label annotations[] = {
        {STR("summary"),
         str_printf(arena, "Source \"%.*s\" sent a payload of an unknown kind (%zu bytes)",
                    STR_ARG(source_name), root.text.n)},
        {STR("raw"), str_clip_utf8(root.text, PAYLOAD_RAW_MAX)},
    };
    struct alert *alert = ARENA_NEW(arena, struct alert);
    *alert = (struct alert){
        .labels = labels_make(arena, labels, 3),
        .annotations = labels_make(arena, annotations, 2),
        .status = ALERT_FIRING,
        .starts_at = AT_NONE,
        .ends_at = AT_NONE,
        .generator_url = STR_EMPTY,
    };
    alert->fingerprint = labels_fingerprint(alert->labels);
    *ret = (struct payload){
        .kind = PAYLOAD_CUSTOM,
        .alerts = alert,
        .n_alerts = 1,
        .status = ALERT_FIRING,
        .group_key = STR_EMPTY,
        .receiver = STR_EMPTY,
        .external_url = STR_EMPTY,
    };
}
