#include "domain/storm.h"

static void refill(const struct storm_policy *policy, struct storm_state *state, int64_t now_at)
{
    double full = policy->pages;
    if (state->tokens_at == AT_NONE) {
        state->tokens = full;
    } else if (now_at > state->tokens_at) {
        state->tokens += full * (double)(now_at - state->tokens_at) / (double)policy->within_us;
    }
    state->tokens = state->tokens > full ? full : state->tokens;
    state->tokens_at = now_at;
}

bool storm_is_on(const struct storm_state *state, int64_t now_at)
{
    return state->until_at != AT_NONE && now_at < state->until_at;
}

/* One more page of a storm that is on or begins. */
static void go_on(const struct storm_policy *policy, struct storm_state *state, int64_t now_at)
{
    int64_t latest = now_at + policy->within_us;
    int64_t next =
        storm_is_on(state, now_at) ? state->until_at + policy->within_us / policy->pages : latest;
    state->until_at = next < latest ? next : latest;
}

bool storm_is_reserved(const struct storm_policy *policy, struct str severity, bool is_first)
{
    bool is = policy->n_severities == 0 && severity_is_urgent(severity);
    for (size_t i = 0; i < policy->n_severities; i++) {
        is |= str_eq_nocase(policy->severities[i], severity);
    }
    return is && is_first;
}

bool storm_would_admit(const struct storm_policy *policy, const struct storm_state *state,
                       bool is_reserved, int64_t now_at)
{
    struct storm_state copy = *state;
    return storm_admit(policy, &copy, is_reserved, now_at);
}

bool storm_admit(const struct storm_policy *policy, struct storm_state *state, bool is_reserved,
                 int64_t now_at)
{
    if (policy->pages == 0) {
        return true;
    }
    refill(policy, state, now_at);
    double least = is_reserved ? 1 : 1 + policy->reserve;
    bool is_on = storm_is_on(state, now_at);
    bool is_sent = state->tokens >= least && (is_reserved || !is_on);
    state->tokens -= is_sent;
    if (is_on || !is_sent) {
        go_on(policy, state, now_at);
    }
    return is_sent;
}
