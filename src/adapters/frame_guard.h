#pragma once
/* frame_guard — watches what an HTTP/2 peer sends, before the library acts on it.
 *
 * libh2o 2.2.5 has no defence against rapid reset, MadeYouReset, header bombs and floods of control
 * frames. The guard walks the complete frames in the connection's input buffer and says when the
 * peer exceeds what an honest client needs. It knows nothing of sockets or of the library.
 * Layer: adapters. Owner: the connection; http thread only. Pure but for the header block it keeps.
 *
 *     enum guard_verdict v = frame_guard_check(&guard, bytes, &n, monotonic_us());
 *     if (v != GUARD_OK) close the connection; the bytes must not reach the library
 */
#include "base/enum_names.h"

#define GUARD_VERDICTS(X)                                                                          \
    X(GUARD_OK, "ok")                                                                              \
    X(GUARD_RESETS, "resets")          /* rapid reset and its server-side twin */                  \
    X(GUARD_CONTROL, "control_frames") /* SETTINGS, PING, PRIORITY, empty and unknown frames */    \
    X(GUARD_WINDOW, "window_updates")                                                              \
    X(GUARD_BLOCK, "header_block")   /* one header block above GUARD_BLOCK_MAX bytes */            \
    X(GUARD_FIELDS, "header_fields") /* one header block above GUARD_FIELDS_MAX fields */
ENUM_DECLARE(guard_verdict, GUARD_VERDICTS)

enum {
    GUARD_BLOCK_MAX = 16 * 1024,
    GUARD_FIELDS_MAX = 128,
    GUARD_RESET_BURST = 200,   /* refilled with 20 per second */
    GUARD_CONTROL_BURST = 200, /* refilled with 50 per second */
    GUARD_WINDOW_BURST = 2000, /* refilled with 2000 per second, and 4 for each request */
};

/* A leaky bucket as one number: the time at which it will be empty. */
struct budget {
    int64_t empty_us;
};

/* Takes one token. False when more than `burst` were taken beyond `per_second`. */
bool budget_take(struct budget *, int64_t now_us, int per_second, int burst);

struct frame_guard {
    bool has_preface; /* the 24 bytes of the connection preface were seen */
    bool is_in_block; /* HEADERS without END_HEADERS was seen; `block` collects */
    uint8_t *block;
    size_t block_n;
    struct budget resets, control, window;
    uint64_t n_frames, n_requests;
};

void frame_guard_init(struct frame_guard *);
void frame_guard_release(struct frame_guard *);

/* Judges the complete frames in bytes[0, *n): an incomplete one at the end waits for the next call,
 * which must present it again from its start. Frames of unknown type are taken out of the buffer
 * (the library would print a line for each) and *n shrinks. */
enum guard_verdict frame_guard_check(struct frame_guard *, uint8_t *bytes, size_t *n,
                                     int64_t now_us);

/* Charges stream errors that the server had to send to the same budget as the peer's resets. */
enum guard_verdict frame_guard_charge(struct frame_guard *, uint64_t n_errors, int64_t now_us);

/* Number of fields in an HPACK block, counted without decoding; stops at `max` + 1. A malformed
 * block gives what was counted until there: the library will refuse it. */
size_t hpack_count_fields(const uint8_t *p, size_t n, size_t max);
