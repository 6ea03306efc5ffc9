#include "flows/links.h"

#include "base/digest.h"
#include "base/heap.h"
#include "flows/duty_feed.h"
#include "formats/base64.h"

#include <pthread.h>
#include <string.h>

ENUM_DEFINE(link_purpose, LINK_PURPOSES)

enum { MASTERS_MAX = 2, KIDS_MAX = 4, KEYS_MAX = MASTERS_MAX * KIDS_MAX, NONCE_BYTES = 18 };
#define NONCE_PERIOD_US (30 * US_PER_MIN)

struct links {
    pthread_mutex_t lock;
    const struct secret *masters[MASTERS_MAX];
    size_t n_masters;
    uint8_t kids[KIDS_MAX];
    size_t n_kids;
    struct token_key keys[KEYS_MAX]; /* the last of the first master signs */
    size_t n_keys;
};

struct links *links_new(const struct secret *const *masters, size_t n_masters)
{
    CHECK(n_masters >= 1 && n_masters <= MASTERS_MAX);
    struct links *links = HEAP_NEW(struct links);
    pthread_mutex_init(&links->lock, NULL);
    memcpy(links->masters, masters, n_masters * sizeof(*masters));
    links->n_masters = n_masters;
    return links;
}

void links_free(struct links *links)
{
    if (links) {
        for (size_t i = 0; i < links->n_keys; i++) {
            token_key_wipe(&links->keys[i]);
        }
        pthread_mutex_destroy(&links->lock);
        heap_free(links);
    }
}

/* The keys of the first master come last, the newest kid at the very end: it signs. */
static enum status derive_keys(struct links *links, const uint8_t *kids, size_t n, struct err *err)
{
    links->n_keys = 0;
    links->n_kids = 0;
    for (size_t m = links->n_masters; m-- > 0;) {
        for (size_t i = 0; i < n; i++) {
            if (token_key_derive(secret_reveal(links->masters[m]), kids[i],
                                 &links->keys[links->n_keys], err) != OK) {
                return err->code;
            }
            links->n_keys++;
        }
    }
    memcpy(links->kids, kids, n);
    links->n_kids = n;
    return OK;
}

enum status links_load(struct links *links, struct store *store, struct err *err)
{
    struct arena arena;
    uint8_t kids[KIDS_MAX];
    size_t n;
    arena_init(&arena);
    enum status status = store_link_keys(store, &arena, kids, KIDS_MAX, &n, err);
    arena_release(&arena);
    if (status != OK) {
        return status;
    }
    pthread_mutex_lock(&links->lock);
    if (n != links->n_kids || memcmp(kids, links->kids, n) != 0) {
        status = derive_keys(links, kids, n, err);
    }
    pthread_mutex_unlock(&links->lock);
    return status;
}

static struct action_token token_for(enum link_purpose purpose, const struct delivery *delivery,
                                     int64_t now_at)
{
    struct action_token token = {
        .purpose = (uint8_t)purpose,
        .incident = delivery->incident,
        .cycle = (uint32_t)delivery->cycle,
        .delivery = (uint64_t)delivery->id,
        .expires_at = now_at + LINK_LIFETIME_US,
    };
    /* The same delivery sent again carries the same use-once id: two copies, one action. */
    struct digest digest;
    digest_init(&digest, sizeof(token.jti));
    digest_add(&digest, STR("alertify-link-jti"));
    digest_add(&digest, (struct str){(const char *)token.incident.b, sizeof(token.incident.b)});
    digest_add(&digest, (struct str){(const char *)&token.delivery, sizeof(token.delivery)});
    digest_add(&digest, (struct str){(const char *)&token.purpose, sizeof(token.purpose)});
    digest_end(&digest, token.jti);
    return token;
}

struct str links_url(struct links *links, struct arena *arena, struct str base_url,
                     enum link_purpose purpose, const struct delivery *delivery, int64_t now_at)
{
    struct action_token token = token_for(purpose, delivery, now_at);
    struct str text = STR_EMPTY;
    pthread_mutex_lock(&links->lock);
    if (links->n_keys > 0) {
        text = token_sign(arena, &links->keys[links->n_keys - 1], &token);
    }
    pthread_mutex_unlock(&links->lock);
    return text.n ? str_printf(arena, "%.*s/a/%.*s", STR_ARG(base_url), STR_ARG(text)) : STR_EMPTY;
}

enum status links_verify(struct links *links, struct str text, int64_t now_at,
                         struct action_token *ret, struct err *err)
{
    pthread_mutex_lock(&links->lock);
    enum status status = links->n_keys > 0
                             ? token_verify(links->keys, links->n_keys, text, now_at, ret, err)
                             : err_set(err, ERR_UNAVAILABLE, "the link keys are not loaded yet");
    pthread_mutex_unlock(&links->lock);
    return status;
}

static struct str nonce_at(struct links *links, struct arena *arena,
                           const struct action_token *token, int64_t period)
{
    uint8_t bytes[DIGEST_MAX];
    struct digest digest;
    digest_init(&digest, 32);
    digest_add(&digest, STR("alertify-click-nonce"));
    digest_add(&digest, secret_reveal(links->masters[0]));
    digest_add(&digest, (struct str){(const char *)token->jti, sizeof(token->jti)});
    digest_add(&digest, (struct str){(const char *)&period, sizeof(period)});
    digest_end(&digest, bytes);
    return base64url_encode(arena, (struct str){(const char *)bytes, NONCE_BYTES});
}

struct str links_nonce(struct links *links, struct arena *arena, const struct action_token *token,
                       int64_t now_at)
{
    return nonce_at(links, arena, token, now_at / NONCE_PERIOD_US);
}

bool links_nonce_fits(struct links *links, const struct action_token *token, struct str nonce,
                      int64_t now_at)
{
    struct arena arena;
    bool fits = false;
    arena_init(&arena);
    for (int64_t back = 0; back < 2; back++) {
        struct secret *expected =
            secret_new(nonce_at(links, &arena, token, now_at / NONCE_PERIOD_US - back));
        fits |= secret_eq(expected, nonce);
        secret_free(expected);
    }
    arena_release(&arena);
    return fits;
}

bool links_feed_fits(const struct links *links, struct str kind, struct str name, struct str token)
{
    struct arena arena;
    bool fits = false;
    arena_init(&arena);
    for (size_t i = 0; i < links->n_masters; i++) {
        struct secret *expected = secret_new(feed_token(&arena, links->masters[i], kind, name));
        fits |= secret_eq(expected, token);
        secret_free(expected);
    }
    arena_release(&arena);
    return fits;
}
