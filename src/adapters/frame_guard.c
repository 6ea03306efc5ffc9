#include "adapters/frame_guard.h"

#include "base/time_units.h"

#include <stdlib.h>
#include <string.h>

ENUM_DEFINE(guard_verdict, GUARD_VERDICTS)

enum { FRAME_HEADER = 9, PREFACE = 24, FRAME_MAX = 16384 };

enum frame_type {
    FRAME_DATA,
    FRAME_HEADERS,
    FRAME_PRIORITY,
    FRAME_RST_STREAM,
    FRAME_SETTINGS,
    FRAME_PUSH_PROMISE,
    FRAME_PING,
    FRAME_GOAWAY,
    FRAME_WINDOW_UPDATE,
    FRAME_CONTINUATION,
};

enum { FLAG_END_STREAM = 0x1, FLAG_END_HEADERS = 0x4, FLAG_PADDED = 0x8, FLAG_PRIORITY = 0x20 };

/* A window update this large only makes sense to overflow the window, which resets the stream. */
static const uint32_t window_step_max = 0x7f000000;

struct frame {
    uint8_t type, flags;
    uint32_t stream;
    const uint8_t *payload;
    size_t n;
};

bool budget_take(struct budget *b, int64_t now_us, int per_second, int burst)
{
    int64_t cost = US_PER_S / per_second;
    if (b->empty_us < now_us) {
        b->empty_us = now_us;
    }
    b->empty_us += cost;
    return b->empty_us - now_us <= cost * burst;
}

void frame_guard_init(struct frame_guard *g)
{
    *g = (struct frame_guard){0};
}

void frame_guard_release(struct frame_guard *g)
{
    free(g->block);
    g->block = NULL;
}

/* An HPACK integer with the given prefix (RFC 7541 5.1). False if it runs past the end or is
 * absurdly large. */
static bool read_int(const uint8_t **p, const uint8_t *end, int prefix_bits, size_t *ret)
{
    if (*p == end) {
        return false;
    }
    size_t mask = ((size_t)1 << prefix_bits) - 1;
    size_t value = *(*p)++ & mask;
    if (value < mask) {
        *ret = value;
        return true;
    }
    for (int shift = 0; *p < end && shift <= 21; shift += 7) {
        uint8_t byte = *(*p)++;
        value += (size_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret = value;
            return true;
        }
    }
    return false;
}

static bool skip_string(const uint8_t **p, const uint8_t *end)
{
    size_t n;
    if (!read_int(p, end, 7, &n) || n > (size_t)(end - *p)) {
        return false;
    }
    *p += n;
    return true;
}

size_t hpack_count_fields(const uint8_t *p, size_t n, size_t max)
{
    const uint8_t *end = p + n;
    size_t count = 0;
    while (p < end && count <= max) {
        size_t index;
        uint8_t first = *p;
        if ((first & 0xe0) == 0x20) { /* table size update, not a field */
            if (!read_int(&p, end, 5, &index)) {
                return count;
            }
            continue;
        }
        bool is_indexed = first & 0x80;
        if (!read_int(&p, end, is_indexed ? 7 : (first & 0x40) ? 6 : 4, &index)) {
            return count;
        }
        if (!is_indexed && ((index == 0 && !skip_string(&p, end)) || !skip_string(&p, end))) {
            return count;
        }
        count++;
    }
    return count;
}

static enum guard_verdict judge_block(const uint8_t *p, size_t n)
{
    return hpack_count_fields(p, n, GUARD_FIELDS_MAX) > GUARD_FIELDS_MAX ? GUARD_FIELDS : GUARD_OK;
}

static enum guard_verdict collect_block(struct frame_guard *g, const struct frame *f)
{
    if (f->n > GUARD_BLOCK_MAX - g->block_n) {
        return GUARD_BLOCK;
    }
    if (!g->block) {
        g->block = malloc(GUARD_BLOCK_MAX);
        CHECK(g->block);
    }
    if (f->n > 0) {
        memcpy(g->block + g->block_n, f->payload, f->n);
    }
    g->block_n += f->n;
    if (!(f->flags & FLAG_END_HEADERS)) {
        return GUARD_OK;
    }
    enum guard_verdict v = judge_block(g->block, g->block_n);
    frame_guard_release(g);
    g->block_n = 0;
    g->is_in_block = false;
    return v;
}

static enum guard_verdict take_control(struct frame_guard *g, int64_t now_us)
{
    return budget_take(&g->control, now_us, 50, GUARD_CONTROL_BURST) ? GUARD_OK : GUARD_CONTROL;
}

static enum guard_verdict take_reset(struct frame_guard *g, int64_t now_us)
{
    return budget_take(&g->resets, now_us, 20, GUARD_RESET_BURST) ? GUARD_OK : GUARD_RESETS;
}

static enum guard_verdict judge_headers(struct frame_guard *g, struct frame f)
{
    g->n_requests++;
    g->window.empty_us -= 4 * (US_PER_S / 2000);
    size_t skip = ((f.flags & FLAG_PADDED) ? 1U : 0U) + ((f.flags & FLAG_PRIORITY) ? 5U : 0U);
    size_t padding = (f.flags & FLAG_PADDED) && f.n > 0 ? f.payload[0] : 0;
    if (f.n < skip + padding) {
        return GUARD_OK; /* malformed: the library closes the connection */
    }
    f.payload += skip;
    f.n -= skip + padding;
    if (f.flags & FLAG_END_HEADERS) {
        return f.n > GUARD_BLOCK_MAX ? GUARD_BLOCK : judge_block(f.payload, f.n);
    }
    g->is_in_block = true;
    g->block_n = 0;
    return collect_block(g, &f);
}

static enum guard_verdict judge_window_update(struct frame_guard *g, const struct frame *f,
                                              int64_t now_us)
{
    if (f->n == 4) {
        uint32_t step = (uint32_t)(f->payload[0] & 0x7f) << 24 | (uint32_t)f->payload[1] << 16 |
                        (uint32_t)f->payload[2] << 8 | f->payload[3];
        if (f->stream != 0 && (step == 0 || step > window_step_max)) {
            return take_reset(g, now_us);
        }
    }
    return budget_take(&g->window, now_us, 2000, GUARD_WINDOW_BURST) ? GUARD_OK : GUARD_WINDOW;
}

static enum guard_verdict judge(struct frame_guard *g, const struct frame *f, int64_t now_us)
{
    g->n_frames++;
    switch (f->type) {
    case FRAME_DATA:
        return f->n == 0 && !(f->flags & FLAG_END_STREAM) ? take_control(g, now_us) : GUARD_OK;
    case FRAME_HEADERS:
        return judge_headers(g, *f);
    case FRAME_CONTINUATION:
        if (f->n == 0) {
            enum guard_verdict v = take_control(g, now_us);
            if (v != GUARD_OK) {
                return v;
            }
        }
        return g->is_in_block ? collect_block(g, f) : GUARD_OK;
    case FRAME_RST_STREAM:
        return take_reset(g, now_us);
    case FRAME_WINDOW_UPDATE:
        return judge_window_update(g, f, now_us);
    default: /* SETTINGS, PING, PRIORITY, GOAWAY, PUSH_PROMISE and unknown ones */
        return take_control(g, now_us);
    }
}

enum guard_verdict frame_guard_check(struct frame_guard *g, uint8_t *bytes, size_t *n,
                                     int64_t now_us)
{
    size_t at = 0;
    if (!g->has_preface) {
        if (*n < PREFACE) {
            return GUARD_OK;
        }
        g->has_preface = true;
        at = PREFACE;
    }
    while (*n - at >= FRAME_HEADER) {
        const uint8_t *p = bytes + at;
        struct frame f = {
            .type = p[3],
            .flags = p[4],
            .stream =
                (uint32_t)(p[5] & 0x7f) << 24 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 8 | p[8],
            .payload = p + FRAME_HEADER,
            .n = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2],
        };
        size_t whole = FRAME_HEADER + f.n;
        if (f.n > FRAME_MAX || *n - at < whole) {
            break; /* too long: the library answers with a FRAME_SIZE error */
        }
        enum guard_verdict v = judge(g, &f, now_us);
        if (v != GUARD_OK) {
            return v;
        }
        if (f.type > FRAME_CONTINUATION && !g->is_in_block) {
            memmove(bytes + at, bytes + at + whole, *n - at - whole);
            *n -= whole;
        } else {
            at += whole;
        }
    }
    return GUARD_OK;
}

enum guard_verdict frame_guard_charge(struct frame_guard *g, uint64_t n_errors, int64_t now_us)
{
    for (; n_errors > 0; n_errors--) {
        if (take_reset(g, now_us) != GUARD_OK) {
            return GUARD_RESETS;
        }
    }
    return GUARD_OK;
}
