/* Tokens, webhook signatures and secrets from anyone: never accepted, never out of bounds. */
#include "formats/signature.h"
#include "formats/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct token_key key;
    struct err err = ERR_INIT;
    if (key.kid == 0) {
        struct str master = STR("only-for-fuzzing-only-for-fuzzing");
        CHECK(token_key_derive(master, 1, &key, &err) == OK);
    }
    struct arena arena;
    arena_init(&arena);
    struct str text = {size ? (const char *)data : "", size}, secret;
    struct action_token token;
    CHECK(token_verify(&key, 1, text, 0, &token, &err) == ERR_FORBIDDEN);
    (void)!webhook_key_parse(&arena, text, &secret, &err);
    struct str rest = text, time = str_cut(&rest, '\n'), body = str_cut(&rest, '\n');
    struct str webhook_key = STR("0123456789abcdef01234567");
    rest = rest.p ? rest : STR_EMPTY;
    CHECK(signature_check_grafana(STR("k"), rest, time, body, 0, &err) != OK);
    CHECK(signature_check_slack(STR("k"), rest, time, body, 0, &err) != OK);
    CHECK(webhook_check(&webhook_key, 1, STR("id"), time, rest, body, 0, &err) != OK);
    arena_release(&arena);
    return 0;
}
