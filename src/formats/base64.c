#include "formats/base64.h"

#include <sodium.h>

static struct str encode(struct arena *arena, struct str bytes, int variant)
{
    size_t size = sodium_base64_encoded_len(bytes.n, variant); /* with the NUL */
    char *out = arena_alloc(arena, size);
    sodium_bin2base64(out, size, (const unsigned char *)bytes.p, bytes.n, variant);
    return str_from(out);
}

/* libsodium 1.0.18 takes some bytes above 0x7f for letters (found by fuzzing); with them, a value
 * would have several texts. */
static bool is_ascii(struct str text)
{
    unsigned char bits = 0;
    for (size_t i = 0; i < text.n; i++) {
        bits |= (unsigned char)text.p[i];
    }
    return bits < 0x80;
}

static bool decode_into(struct str text, int variant, unsigned char *out, size_t max, size_t *ret_n)
{
    /* A NULL end pointer makes libsodium refuse anything behind the text. */
    return is_ascii(text) &&
           sodium_base642bin(out, max, text.p, text.n, NULL, ret_n, NULL, variant) == 0;
}

static bool decode(struct arena *arena, struct str text, int variant, struct str *ret)
{
    size_t max = text.n / 4 * 3 + 3, n;
    unsigned char *out = arena_alloc(arena, max);
    if (!decode_into(text, variant, out, max, &n)) {
        return false;
    }
    *ret = (struct str){(const char *)out, n};
    return true;
}

struct str base64_encode(struct arena *arena, struct str bytes)
{
    return encode(arena, bytes, sodium_base64_VARIANT_ORIGINAL);
}

bool base64_decode(struct arena *arena, struct str text, struct str *ret)
{
    return decode(arena, text, sodium_base64_VARIANT_ORIGINAL, ret);
}

struct str base64url_encode(struct arena *arena, struct str bytes)
{
    return encode(arena, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool base64url_decode(struct arena *arena, struct str text, struct str *ret)
{
    return decode(arena, text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, ret);
}

bool base64url_decode_exact(struct str text, uint8_t *out, size_t n)
{
    size_t got;
    return decode_into(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, out, n, &got) && got == n;
}
