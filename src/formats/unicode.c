#include "formats/unicode.h"

#include "formats/rune.h"
#include "formats/unicode_tables.h"

enum { SIGMA = 0x3a3, FINAL_SIGMA = 0x3c2, DOTTED_I = 0x130, DOT_ABOVE = 0x307 };

static bool is_in(const struct unicode_ranges *ranges, uint32_t rune)
{
    size_t low = 0, high = ranges->n / 2;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->v[middle * 2 + 1] < rune) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < ranges->n / 2 && ranges->v[low * 2] <= rune;
}

static uint32_t shift(const struct unicode_shifts *shifts, uint32_t rune)
{
    size_t low = 0, high = shifts->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (shifts->v[middle].last < rune) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct unicode_shift *run = &shifts->v[low];
    if (low == shifts->n || rune < run->first || (rune - run->first) % run->stride != 0) {
        return rune;
    }
    return (uint32_t)((int32_t)rune + run->delta);
}

bool unicode_is_letter(uint32_t rune)
{
    if (rune < 0x80) {
        return (rune | 0x20) >= 'a' && (rune | 0x20) <= 'z';
    }
    return is_in(&unicode_letters, rune);
}

bool unicode_is_digit(uint32_t rune)
{
    return rune < 0x80 ? rune >= '0' && rune <= '9' : is_in(&unicode_digits, rune);
}

bool unicode_is_print(uint32_t rune)
{
    return rune < 0x80 ? rune >= 0x20 && rune < 0x7f : is_in(&unicode_prints, rune);
}

bool unicode_is_space(uint32_t rune)
{
    static const uint32_t spaces[] = {0x09,   0x0d,   0x20,   0x20,   0x85,   0x85,   0xa0,
                                      0xa0,   0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029,
                                      0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000};
    static const struct unicode_ranges ranges = {spaces, sizeof(spaces) / sizeof(*spaces)};
    return is_in(&ranges, rune);
}

uint32_t unicode_to_upper(uint32_t rune)
{
    if (rune < 0x80) {
        return rune >= 'a' && rune <= 'z' ? rune - 0x20 : rune;
    }
    return shift(&unicode_uppers, rune);
}

uint32_t unicode_to_lower(uint32_t rune)
{
    if (rune < 0x80) {
        return rune >= 'A' && rune <= 'Z' ? rune + 0x20 : rune;
    }
    return shift(&unicode_lowers, rune);
}

static void add_mapped(struct strbuf *out, struct str text, uint32_t (*map)(uint32_t))
{
    size_t width;
    for (size_t i = 0; i < text.n; i += width) {
        rune_add(out, map(rune_decode(text, i, &width)));
    }
}

void unicode_upper(struct strbuf *out, struct str text)
{
    add_mapped(out, text, unicode_to_upper);
}

void unicode_lower(struct strbuf *out, struct str text)
{
    add_mapped(out, text, unicode_to_lower);
}

static const struct unicode_title *find_title(uint32_t rune)
{
    size_t low = 0, high = unicode_titles_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (unicode_titles[middle].rune < rune) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_found = low < unicode_titles_n && unicode_titles[low].rune == rune;
    return is_found ? &unicode_titles[low] : NULL;
}

static void add_title(struct strbuf *out, uint32_t rune)
{
    const struct unicode_title *special = rune < 0x80 ? NULL : find_title(rune);
    if (!special) {
        rune_add(out, unicode_to_upper(rune));
        return;
    }
    for (size_t i = 0; i < 3 && special->title[i] != 0; i++) {
        rune_add(out, special->title[i]);
    }
}

/* Does a cased letter follow, over characters that casing ignores? */
static bool is_before_cased(struct str text, size_t at)
{
    enum { LOOK_AHEAD_MAX = 30 };
    size_t width;
    for (int i = 0; at < text.n && i < LOOK_AHEAD_MAX; at += width, i++) {
        uint32_t rune = rune_decode(text, at, &width);
        if (!is_in(&unicode_ignorable, rune)) {
            return is_in(&unicode_cased, rune);
        }
    }
    return false;
}

static void add_lower(struct strbuf *out, uint32_t rune, struct str text, size_t next)
{
    if (rune == SIGMA && !is_before_cased(text, next)) {
        rune_add(out, FINAL_SIGMA);
    } else if (rune == DOTTED_I) {
        rune_add(out, 'i');
        rune_add(out, DOT_ABOVE);
    } else {
        rune_add(out, unicode_to_lower(rune));
    }
}

void unicode_title(struct strbuf *out, struct str text)
{
    bool is_in_word = false, was_mid = false;
    size_t width;
    for (size_t i = 0; i < text.n; i += width) {
        uint32_t rune = rune_decode(text, i, &width);
        bool is_mid = is_in(&unicode_word_mids, rune);
        if (was_mid && is_mid) {
            is_in_word = false;
        }
        was_mid = is_mid;
        if (is_in(&unicode_cased, rune)) {
            if (is_in_word) {
                add_lower(out, rune, text, i + width);
            } else {
                add_title(out, rune);
            }
            is_in_word = true;
        } else {
            strbuf_add(out, str_slice(text, i, i + width)); /* malformed bytes, too */
            is_in_word = is_in_word && (is_mid || is_in(&unicode_word_letters, rune));
        }
    }
}

struct str unicode_trim(struct str text)
{
    size_t width;
    while (text.n > 0 && unicode_is_space(rune_decode(text, 0, &width))) {
        text = str_slice(text, width, text.n);
    }
    while (text.n > 0) {
        size_t last = text.n - 1;
        while (last > 0 && text.n - last < 4 && ((unsigned char)text.p[last] & 0xc0) == 0x80) {
            last--;
        }
        uint32_t rune = rune_decode(text, last, &width);
        if (last + width != text.n || !unicode_is_space(rune)) {
            break;
        }
        text.n = last;
    }
    return text;
}
