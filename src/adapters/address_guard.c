#include "adapters/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct prefix4 {
    uint8_t b[4];
    unsigned bits;
};

/* The special-purpose ranges of IPv4 that are not globally reachable. */
static const struct prefix4 closed4[] = {
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10}, {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},  {{192, 0, 0, 0}, 24},  {{192, 0, 2, 0}, 24},
    {{192, 88, 99, 0}, 24}, {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15}, {{198, 51, 100, 0}, 24},
    {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 4},    {{240, 0, 0, 0}, 4},
};

struct prefix6 {
    uint8_t b[16];
    unsigned bits;
};

/* Inside 2000::/3, the only range that is open at all. */
static const struct prefix6 closed6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 32}, /* Teredo: reaches an IPv4 address of the sender's choice */
    {{0x20, 0x01, 0x00, 0x02}, 48}, /* benchmarking */
    {{0x20, 0x01, 0x00, 0x10}, 28}, /* ORCHID */
    {{0x20, 0x01, 0x00, 0x20}, 28}, /* ORCHIDv2 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4 */
    {{0x3f, 0xff}, 20},             /* documentation */
};

static const struct prefix6 open6 = {{0x20}, 3};
static const struct prefix6 mapped = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
static const struct prefix6 nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};

static bool has_prefix(const uint8_t *address, const uint8_t *prefix, unsigned bits)
{
    unsigned whole = bits / 8;
    if (memcmp(address, prefix, whole) != 0) {
        return false;
    }
    unsigned rest = bits % 8;
    return rest == 0 || ((address[whole] ^ prefix[whole]) >> (8 - rest)) == 0;
}

static bool is_public4(const uint8_t b[4])
{
    for (size_t i = 0; i < sizeof(closed4) / sizeof(closed4[0]); i++) {
        if (has_prefix(b, closed4[i].b, closed4[i].bits)) {
            return false;
        }
    }
    return true;
}

static bool is_public6(const uint8_t b[16])
{
    /* An IPv6-only network reaches every IPv4 service through NAT64, so it is judged by what it
     * carries. */
    if (has_prefix(b, mapped.b, mapped.bits) || has_prefix(b, nat64.b, nat64.bits)) {
        return is_public4(b + 12);
    }
    if (!has_prefix(b, open6.b, open6.bits)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(closed6) / sizeof(closed6[0]); i++) {
        if (has_prefix(b, closed6[i].b, closed6[i].bits)) {
            return false;
        }
    }
    bool is_isatap = (b[8] == 0 || b[8] == 2) && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe;
    return !is_isatap || is_public4(b + 12);
}

bool address_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return is_public4((const uint8_t *)&in.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return is_public6(in6.sin6_addr.s6_addr);
    }
    return false;
}

bool address_text_is_public(const char *text)
{
    uint8_t b[16];
    if (inet_pton(AF_INET, text, b) == 1) {
        return is_public4(b);
    }
    return inet_pton(AF_INET6, text, b) == 1 && is_public6(b);
}
