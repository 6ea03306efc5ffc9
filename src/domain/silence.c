#include "domain/silence.h"

const struct silence *silences_find(struct silences silences, struct labels labels, int64_t now_at)
{
    const struct silence *found = NULL;
    for (size_t i = 0; i < silences.n; i++) {
        const struct silence *s = &silences.v[i];
        bool is_now = s->starts_at <= now_at && now_at < s->ends_at &&
                      (!s->during || interval_contains(s->during, now_at));
        if (is_now && matchers_match(s->matchers, labels) &&
            (!found || s->ends_at > found->ends_at)) {
            found = s;
        }
    }
    return found;
}

/* Intervals change on the minute. */
int64_t silence_look_again(const struct silence *s, int64_t now_at)
{
    int64_t minute = now_at - now_at % US_PER_MIN + US_PER_MIN;
    return s->during && minute < s->ends_at ? minute : s->ends_at;
}

const char *silence_flaw(const struct silence *s, int64_t now_at)
{
    if (silence_is_too_wide(s->matchers)) {
        return "these matchers fit alerts without any label, so all of them: add one that names "
               "something";
    }
    if (s->ends_at <= s->starts_at || s->ends_at <= now_at ||
        s->ends_at - now_at > SILENCE_LENGTH_MAX_US) {
        return "it must end later than it starts and than now, and within a year";
    }
    if (str_trim(s->comment).n == 0 || s->comment.n > SILENCE_COMMENT_MAX) {
        return "a comment (at most 1000 bytes) is required: why it is quiet";
    }
    return NULL;
}

bool silence_is_too_wide(struct matchers matchers)
{
    return matchers_match(matchers, (struct labels){0});
}
