#include "channels/verdict.h"

#include "channels/clean.h"

enum { REASON_MAX_UNITS = 160 };

const struct verdict *verdict_find(const struct verdict *table, struct str word)
{
    for (const struct verdict *v = table; v->word; v++) {
        struct str name = str_from(v->word);
        bool is_prefix = str_ends_with(name, STR("*"));
        if (is_prefix) {
            name.n--;
        }
        struct str part = is_prefix ? str_slice(word, 0, name.n) : word;
        if (str_eq_nocase(part, name)) {
            return v;
        }
    }
    return NULL;
}

struct outcome verdict_make(enum outcome_kind kind, enum outcome_scope scope, struct str reason)
{
    return (struct outcome){
        .kind = kind, .scope = scope, .ref = STR_EMPTY, .moved_to = STR_EMPTY, .reason = reason};
}

bool verdict_without_reply(const struct transfer_reply *reply, struct arena *a, struct outcome *ret)
{
    switch (reply->end) {
    case TRANSFER_REPLIED:
        return false;
    case TRANSFER_NOT_SENT:
        *ret = verdict_make(OUTCOME_TEMP, SCOPE_DESTINATION,
                            str_printf(a, "not sent: %.*s",
                                       STR_ARG(clean_line(a, reply->detail, REASON_MAX_UNITS))));
        return true;
    case TRANSFER_BROKEN:
        *ret = verdict_make(OUTCOME_UNKNOWN, SCOPE_DESTINATION,
                            str_printf(a, "no reply: %.*s",
                                       STR_ARG(clean_line(a, reply->detail, REASON_MAX_UNITS))));
        return true;
    }
    UNREACHABLE("transfer end");
}

static const char *status_words(int status)
{
    static const struct {
        int status;
        const char *words;
    } known[] = {
        {200, "OK"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {408, "Request Timeout"},
        {410, "Gone"},
        {413, "Content Too Large"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].status == status) {
            return known[i].words;
        }
    }
    return "";
}

struct str verdict_reason(struct arena *a, int status, struct str words)
{
    struct str said = clean_line(a, words, REASON_MAX_UNITS);
    const char *name = status_words(status);
    return str_printf(a, "%d%s%s%s%.*s", status, *name ? " " : "", name, said.n > 0 ? ": " : "",
                      STR_ARG(said));
}

struct outcome verdict_by_http(const struct transfer_reply *reply, struct str words,
                               struct arena *a)
{
    int status = reply->status;
    struct outcome out =
        verdict_make(OUTCOME_PERM, SCOPE_DESTINATION, verdict_reason(a, status, words));
    if (status >= 200 && status <= 299) {
        out.kind = OUTCOME_OK;
    } else if (status == 408 || status == 425 || status == 429 || status >= 500) {
        out.kind = OUTCOME_TEMP;
        out.hint_us = reply->retry_after_us;
    } else if (status == 401) {
        out.scope = SCOPE_CREDENTIAL;
    }
    return out;
}
