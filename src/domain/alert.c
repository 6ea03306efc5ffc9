#include "domain/alert.h"

ENUM_DEFINE(alert_status, ALERT_STATUSES)
ENUM_DEFINE(alert_news, ALERT_NEWS)

void alert_heard(struct alert *alert, int64_t received_at)
{
    if (alert->starts_at != AT_NONE && alert->starts_at > received_at + ALERT_AHEAD_MAX_US) {
        alert->starts_at = received_at;
    }
    if (alert->status == ALERT_FIRING) {
        alert->ends_at = AT_NONE;
        return;
    }
    int64_t said_at = alert->ends_at;
    if (said_at != AT_NONE && said_at <= received_at) {
        return;
    }
    alert->ends_at = alert->starts_at > received_at ? alert->starts_at : received_at;
    alert->ahead_us = said_at > alert->ends_at ? said_at - alert->ends_at : 0;
}

enum alert_news alert_compare(const struct alert *incoming, const struct alert_state *known)
{
    bool is_firing = incoming->status == ALERT_FIRING;
    if (!known) {
        return is_firing ? NEWS_NEW : NEWS_STALE;
    }
    if (known->status == ALERT_FIRING) {
        /* As the source said it, like the start: both are of the same clock. */
        bool is_of_earlier = incoming->ends_at != AT_NONE && known->starts_at != AT_NONE &&
                             incoming->ends_at + incoming->ahead_us < known->starts_at;
        return is_firing ? NEWS_REPEATED : is_of_earlier ? NEWS_STALE : NEWS_RESOLVED;
    }
    if (!is_firing) {
        return NEWS_STALE;
    }
    bool is_older = incoming->starts_at != AT_NONE && known->ends_at != AT_NONE &&
                    incoming->starts_at <= known->ends_at;
    return is_older ? NEWS_STALE : NEWS_REFIRED;
}

static uint64_t mix(uint64_t h, uint64_t value)
{
    h ^= value + 0x9e3779b97f4a7c15ULL + (h << 6) + (h >> 2);
    return h * 0xd6e8feb86659fd93ULL;
}

uint64_t alert_content_hash(const struct alert *alert)
{
    uint64_t h = labels_fingerprint(alert->labels);
    h = mix(h, labels_fingerprint(alert->annotations));
    h = mix(h, str_hash(alert->generator_url));
    h = mix(h, (uint64_t)alert->status);
    h = mix(h, (uint64_t)alert->starts_at);
    return mix(h, (uint64_t)alert->ends_at);
}
