#include "base/uuid.h"

#include "base/time_units.h"

#include <string.h>

struct uuid uuid_v7(int64_t now_at, const uint8_t random[10])
{
    struct uuid id;
    uint64_t ms = (uint64_t)(now_at / US_PER_MS);
    for (int i = 0; i < 6; i++) {
        id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
    }
    memcpy(id.b + 6, random, 10);
    id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x70);
    id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
    return id;
}

bool uuid_eq(struct uuid a, struct uuid b)
{
    return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

static bool is_dash(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

char *uuid_format(struct uuid id, char out[UUID_TEXT + 1])
{
    static const char hex[] = "0123456789abcdef";
    size_t byte = 0;
    for (size_t i = 0; i < UUID_TEXT; i++) {
        if (is_dash(i)) {
            out[i] = '-';
            continue;
        }
        out[i] = hex[id.b[byte] >> 4];
        out[++i] = hex[id.b[byte] & 15];
        byte++;
    }
    out[UUID_TEXT] = '\0';
    return out;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uuid_parse(struct str s, struct uuid *ret)
{
    if (s.n != UUID_TEXT) {
        return false;
    }
    struct uuid id = {0};
    size_t digit = 0;
    for (size_t i = 0; i < UUID_TEXT; i++) {
        if (is_dash(i)) {
            if (s.p[i] != '-') {
                return false;
            }
            continue;
        }
        int v = hex_value(s.p[i]);
        if (v < 0) {
            return false;
        }
        id.b[digit / 2] = (uint8_t)(id.b[digit / 2] << 4 | v);
        digit++;
    }
    *ret = id;
    return true;
}
