#include "formats/base64.h"

#include <sodium.h>

static struct str encode(struct arena *arena, struct str bytes, int variant)
{
    size_t size = sodium_base64_encoded_len(bytes.n, variant); /* with the NUL */
    char *out = arena_alloc(arena, size);
    sodium_bin2base64(out, size, (const unsigned char *)bytes.p, bytes.n, variant);
    return str_from(out);
}

static bool decode(struct arena *arena, struct str text, int variant, struct str *ret)
{
    size_t max = text.n / 4 * 3 + 3, n;
    unsigned char *out = arena_alloc(arena, max);
    /* A NULL end pointer makes libsodium refuse anything behind the text. */
    if (sodium_base642bin(out, max, text.p, text.n, NULL, &n, NULL, variant) != 0) {
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
