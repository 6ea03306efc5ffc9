/* The fake store: API tokens, link keys, burned links, the access log. */
#include "fake_store.h"

#include <string.h>

enum status store_token_create(struct store *store, struct arena *arena, struct str name,
                               enum role role, const uint8_t hash[API_TOKEN_HASH],
                               int64_t lifetime_us, struct api_token *ret, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    struct token_row row = {
        .token = {.name = fake_keep(db, name),
                  .role = role,
                  .created_at = db->clock_at,
                  .expires_at = lifetime_us > 0 ? db->clock_at + lifetime_us : AT_NONE}};
    (void)arena;
    if (!fake_commit_call(store, "token_create", &status, err)) {
        return status;
    }
    row.token.id = ++db->next_token;
    memcpy(row.hash, hash, API_TOKEN_HASH);
    VEC_PUSH(&db->arena, &db->t.tokens, row);
    *ret = row.token;
    return fake_committed(store, err);
}

enum status store_token_find(struct store *store, struct arena *arena,
                             const uint8_t hash[API_TOKEN_HASH], struct api_token *ret,
                             struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    if (!fake_call(store, "token_find", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.tokens.n; i++) {
        const struct token_row *row = &db->t.tokens.v[i];
        bool has_expired =
            row->token.expires_at != AT_NONE && row->token.expires_at <= db->clock_at;
        if (memcmp(row->hash, hash, API_TOKEN_HASH) == 0 && !row->token.is_revoked &&
            !has_expired) {
            *ret = row->token;
            return OK;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "no such token");
}

enum status store_token_list(struct store *store, struct arena *arena, struct api_token **ret,
                             size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_call(store, "token_list", &status, err)) {
        return status;
    }
    *ret_n = db->t.tokens.n;
    *ret = ARENA_ARRAY(arena, struct api_token, *ret_n);
    for (size_t i = 0; i < *ret_n; i++) {
        (*ret)[i] = db->t.tokens.v[i].token;
    }
    return OK;
}

enum status store_token_revoke(struct store *store, int64_t id, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_commit_call(store, "token_revoke", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.tokens.n; i++) {
        struct api_token *token = &db->t.tokens.v[i].token;
        if (token->id == id && !token->is_revoked) {
            token->is_revoked = true;
            return fake_committed(store, err);
        }
    }
    return err_set(err, ERR_NOT_FOUND, "no such token");
}

enum status store_link_keys(struct store *store, struct arena *arena, uint8_t *ret_kids, size_t max,
                            size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    if (!fake_call(store, "link_keys", &status, err)) {
        return status;
    }
    *ret_n = db->t.link_keys.n < max ? db->t.link_keys.n : max;
    memcpy(ret_kids, db->t.link_keys.v + db->t.link_keys.n - *ret_n, *ret_n);
    return OK;
}

enum status store_link_key_rotate(struct store *store, uint8_t *ret_kid, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_commit_call(store, "link_key_rotate", &status, err)) {
        return status;
    }
    *ret_kid = (uint8_t)(db->t.link_keys.n + 1);
    VEC_PUSH(&db->arena, &db->t.link_keys, *ret_kid);
    return fake_committed(store, err);
}

static bool is_burned(const struct fake_database *db, const uint8_t jti[16])
{
    for (size_t i = 0; i < db->t.link_uses.n; i++) {
        if (memcmp(db->t.link_uses.v[i].jti, jti, 16) == 0) {
            return true;
        }
    }
    return false;
}

enum status store_link_used(struct store *store, const uint8_t jti[16], bool *ret_is_used,
                            struct err *err)
{
    enum status status;
    if (!fake_call(store, "link_used", &status, err)) {
        return status;
    }
    *ret_is_used = is_burned(store->db, jti);
    return OK;
}

enum status store_link_burn(struct store *store, const uint8_t jti[16], struct uuid incident,
                            struct str actor, struct str peer, bool *ret_is_first, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    struct link_use_row row = {.incident = incident, .actor = fake_keep(db, actor)};
    (void)peer;
    CHECK(db->owner == store);
    if (!fake_call(store, "link_burn", &status, err)) {
        return status;
    }
    memcpy(row.jti, jti, sizeof(row.jti));
    *ret_is_first = !is_burned(db, jti);
    if (*ret_is_first) {
        VEC_PUSH(&db->arena, &db->t.link_uses, row);
    }
    return OK;
}

enum status store_access_log(struct store *store, struct str actor, struct str peer,
                             struct str action, struct str verdict, struct str detail,
                             struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    struct access_row row = {fake_keep(db, actor), fake_keep(db, peer), fake_keep(db, action),
                             fake_keep(db, verdict), fake_keep(db, detail)};
    if (!fake_commit_call(store, "access_log", &status, err)) {
        return status;
    }
    VEC_PUSH(&db->arena, &db->t.access, row);
    return fake_committed(store, err);
}
