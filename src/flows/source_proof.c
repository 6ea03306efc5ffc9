#include "flows/source_proof.h"

#include "formats/base64.h"
#include "formats/signature.h"

static bool is_one_of(const struct secrets *secrets, struct str given)
{
    bool fits = false;
    for (size_t i = 0; i < secrets->n; i++) {
        fits |= secret_eq(secrets->v[i], given);
    }
    return fits;
}

static bool bearer_fits(const struct source *source, struct str authorization)
{
    struct str scheme = str_cut(&authorization, ' ');
    return source->bearer.n > 0 && str_eq_nocase(scheme, STR("bearer")) && authorization.p &&
           is_one_of(&source->bearer, str_trim(authorization));
}

static bool basic_fits(const struct source *source, struct exchange *exchange,
                       struct str authorization)
{
    struct str scheme = str_cut(&authorization, ' '), decoded;
    if (source->basic_password.n == 0 || !str_eq_nocase(scheme, STR("basic")) || !authorization.p ||
        !base64_decode(exchange_arena(exchange), str_trim(authorization), &decoded)) {
        return false;
    }
    struct str user = str_cut(&decoded, ':');
    bool user_fits = str_eq(user, source->basic_user);
    return is_one_of(&source->basic_password, decoded.p ? decoded : STR_EMPTY) && user_fits;
}

static bool hmac_fits(const struct source *source, const struct exchange *exchange, int64_t now_at)
{
    bool fits = false;
    struct str signature = exchange_header(exchange, source->hmac_header);
    struct str timestamp = exchange_header(exchange, source->timestamp_header);
    for (size_t i = 0; i < source->hmac.n && signature.p && timestamp.p; i++) {
        struct err err = ERR_INIT;
        fits |= signature_check_grafana(secret_reveal(source->hmac.v[i]), signature, timestamp,
                                        exchange_request(exchange)->body, now_at, &err) == OK;
    }
    return fits;
}

bool source_is_proven(const struct deps *deps, const struct source *source,
                      struct exchange *exchange)
{
    struct str authorization = exchange_header(exchange, STR("authorization"));
    struct str subject = exchange_request(exchange)->client_subject;
    if (source->is_open && deps->is_open_allowed) {
        return true;
    }
    if (source->client_subject.n && str_eq(subject, source->client_subject)) {
        return true;
    }
    if (authorization.p &&
        (bearer_fits(source, authorization) || basic_fits(source, exchange, authorization))) {
        return true;
    }
    return hmac_fits(source, exchange, deps_server_now(deps));
}
