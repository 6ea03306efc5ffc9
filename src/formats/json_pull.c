#include "formats/json_pull.h"

#include <string.h>

static void skip_space(struct json_pull *pull)
{
    while (pull->p < pull->end &&
           (*pull->p == ' ' || *pull->p == '\n' || *pull->p == '\r' || *pull->p == '\t')) {
        pull->p++;
    }
}

struct json_pull json_pull_of(struct arena *arena, struct str body)
{
    struct json_pull pull = {arena, body.p, body.p + body.n};
    skip_space(&pull);
    return pull;
}

enum json_kind json_pull_kind(const struct json_pull *pull)
{
    return json_view_kind((struct json_view){{pull->p, (size_t)(pull->end - pull->p)}});
}

static bool enter(struct json_pull *pull, char opening)
{
    if (pull->p < pull->end && *pull->p == opening) {
        pull->p++;
        return true;
    }
    json_pull_value(pull);
    return false;
}

bool json_pull_enter_object(struct json_pull *pull)
{
    return enter(pull, '{');
}

bool json_pull_enter_array(struct json_pull *pull)
{
    return enter(pull, '[');
}

/* To the next member or item. False: behind the closing character, or nothing is left. */
static bool step(struct json_pull *pull, char closing)
{
    skip_space(pull);
    if (pull->p < pull->end && *pull->p == ',') {
        pull->p++;
        skip_space(pull);
    }
    if (pull->p < pull->end && *pull->p != closing) {
        return true;
    }
    pull->p += pull->p < pull->end;
    return false;
}

bool json_pull_item(struct json_pull *pull)
{
    return step(pull, ']');
}

/* One bit per byte that is a quote or a backslash; exact for the lowest such byte, which is all
 * that is asked (the usual zero-byte trick may also mark bytes above it). */
static uint64_t ends_in(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101ULL, tops = 0x8080808080808080ULL;
    uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
    return (((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & tops;
}

/* The first quote or backslash from p on, or end. */
static const char *find_end(const char *p, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (end - p >= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        uint64_t hits = ends_in(word);
        if (hits) {
            return p + (__builtin_ctzll(hits) >> 3);
        }
        p += 8;
    }
#endif
    while (p < end && *p != '"' && *p != '\\') {
        p++;
    }
    return p;
}

/* At the opening quote. */
static bool take_string(struct json_pull *pull, struct str *ret)
{
    const char *from = pull->p + 1;
    const char *at = find_end(from, pull->end);
    if (at < pull->end && *at == '"') {
        *ret = (struct str){from, (size_t)(at - from)};
        pull->p = at + 1;
        return true;
    }
    return json_view_string(pull->arena, json_pull_value(pull), ret);
}

bool json_pull_key(struct json_pull *pull, struct str *ret_key)
{
    if (!step(pull, '}')) {
        return false;
    }
    if (*pull->p != '"' || !take_string(pull, ret_key)) {
        pull->p = pull->end; /* was not scanned */
        return false;
    }
    skip_space(pull);
    pull->p += pull->p < pull->end; /* the colon */
    skip_space(pull);
    return true;
}

struct json_view json_pull_value(struct json_pull *pull)
{
    const char *before = pull->p;
    struct json_view view = json_view_of((struct str){pull->p, (size_t)(pull->end - pull->p)});
    pull->p = view.text.n ? view.text.p + view.text.n : pull->end;
    /* On text that was not scanned a value may be empty: go on at any rate. */
    pull->p += pull->p == before && pull->p < pull->end;
    return view;
}

bool json_pull_string(struct json_pull *pull, struct str *ret)
{
    if (pull->p < pull->end && *pull->p == '"') {
        return take_string(pull, ret);
    }
    json_pull_value(pull);
    return false;
}
