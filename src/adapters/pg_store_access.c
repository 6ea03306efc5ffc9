/* The store's access: API tokens, link keys, used links, the access log. */
#include "adapters/pg_store_rows.h"

static enum status read_tokens(struct store *store, struct arena *arena, const char *sql,
                               const struct pg_param *params, size_t n_params,
                               struct api_token **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    if (pg_exec(store->pg, arena, sql, params, n_params, &rows, err) != OK) {
        return err->code;
    }
    int id = pg_column(&rows, "id"), name = pg_column(&rows, "name");
    int word = pg_column(&rows, "role"), created = pg_column(&rows, "created_at");
    int expires = pg_column(&rows, "expires_at"), revoked = pg_column(&rows, "is_revoked");
    struct api_token *v = ARENA_ARRAY(arena, struct api_token, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        v[i] = (struct api_token){
            .id = pg_i64(&rows, i, id),
            .name = pg_str(&rows, i, name),
            .created_at = pg_at(&rows, i, created),
            .expires_at = pg_at(&rows, i, expires),
            .is_revoked = pg_bool(&rows, i, revoked),
        };
        if (READ_WORD(role, pg_str(&rows, i, word), &v[i].role, err) != OK) {
            return err->code;
        }
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

enum status store_token_create(struct store *store, struct arena *arena, struct str name,
                               enum role role, const uint8_t hash[API_TOKEN_HASH],
                               int64_t lifetime_us, struct api_token *ret, struct err *err)
{
    struct api_token *made;
    size_t n;
    struct pg_param params[] = {pg_text(name), pg_text(str_from(role_name(role))),
                                pg_binary((struct str){(const char *)hash, API_TOKEN_HASH}),
                                pg_int(lifetime_us)};
    if (read_tokens(store, arena, "token_create", params, 4, &made, &n, err) != OK) {
        return err->code;
    }
    *ret = made[0];
    return OK;
}

enum status store_token_find(struct store *store, struct arena *arena,
                             const uint8_t hash[API_TOKEN_HASH], struct api_token *ret,
                             struct err *err)
{
    struct api_token *found;
    size_t n;
    struct pg_param params[] = {pg_binary((struct str){(const char *)hash, API_TOKEN_HASH})};
    if (read_tokens(store, arena, "token_find", params, 1, &found, &n, err) != OK) {
        return err->code;
    }
    if (n == 0) {
        return err_set(err, ERR_NOT_FOUND, "no such token");
    }
    *ret = found[0];
    return OK;
}

enum status store_token_list(struct store *store, struct arena *arena, struct api_token **ret,
                             size_t *ret_n, struct err *err)
{
    return read_tokens(store, arena, "token_list", NULL, 0, ret, ret_n, err);
}

/* Statements without rows: how many they touched. */
static enum status touch(struct store *store, const char *sql, const struct pg_param *params,
                         size_t n, size_t *ret_affected, struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, sql, params, n, &rows, err);
    if (status == OK) {
        *ret_affected = rows.affected;
    }
    arena_release(&arena);
    return status;
}

enum status store_token_revoke(struct store *store, int64_t id, struct err *err)
{
    size_t touched;
    struct pg_param params[] = {pg_int(id)};
    enum status status = touch(store, "token_revoke", params, 1, &touched, err);
    if (status == OK && touched == 0) {
        return err_set(err, ERR_NOT_FOUND, "there is no such token, or it is revoked already");
    }
    return status;
}

enum status store_link_keys(struct store *store, struct arena *arena, uint8_t *ret_kids, size_t max,
                            size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    if (pg_exec(store->pg, arena, "link_keys", NULL, 0, &rows, err) != OK) {
        return err->code;
    }
    int kid = pg_column(&rows, "kid");
    size_t skip = rows.n > max ? rows.n - max : 0; /* the newest count */
    for (size_t i = skip; i < rows.n; i++) {
        ret_kids[i - skip] = (uint8_t)pg_i32(&rows, i, kid);
    }
    *ret_n = rows.n - skip;
    return OK;
}

enum status store_link_key_rotate(struct store *store, uint8_t *ret_kid, struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, "link_key_rotate", NULL, 0, &rows, err);
    if (status == OK) {
        *ret_kid = (uint8_t)pg_i32(&rows, 0, pg_column(&rows, "kid"));
    }
    arena_release(&arena);
    return status;
}

enum status store_link_burn(struct store *store, const uint8_t jti[16], struct uuid incident,
                            struct str actor, struct str peer, bool *ret_is_first, struct err *err)
{
    size_t touched;
    struct pg_param params[] = {pg_binary((struct str){(const char *)jti, 16}), pg_id(incident),
                                pg_text(actor), pg_text(peer)};
    enum status status = touch(store, "link_burn", params, 4, &touched, err);
    if (status == OK) {
        *ret_is_first = touched == 1;
    }
    return status;
}

enum status store_link_used(struct store *store, const uint8_t jti[16], bool *ret_is_used,
                            struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    struct pg_param params[] = {pg_binary((struct str){(const char *)jti, 16})};
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, "link_used", params, 1, &rows, err);
    if (status == OK) {
        *ret_is_used = pg_bool(&rows, 0, pg_column(&rows, "is_used"));
    }
    arena_release(&arena);
    return status;
}

enum status store_access_log(struct store *store, struct str actor, struct str peer,
                             struct str action, struct str verdict, struct str detail,
                             struct err *err)
{
    size_t touched;
    struct pg_param params[] = {pg_text(actor), pg_text(peer), pg_text(action), pg_text(verdict),
                                pg_text(detail)};
    return touch(store, "access_log_add", params, 5, &touched, err);
}
