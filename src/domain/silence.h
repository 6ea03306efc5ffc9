#pragma once
/* silence — alerts that fit its matchers page nobody for some time, because a person said so: for a
 * deployment, a maintenance window, a known fault. An incident waits while every firing alert of it
 * is silenced (or muted otherwise); it opens and is visible all the same.
 * Layer: domain. Pure. */
#include "base/uuid.h"
#include "domain/interval.h"
#include "domain/matcher.h"

struct silence {
    struct uuid id;
    struct matchers matchers; /* all must match; at least one of them refuses the empty text */
    int64_t starts_at, ends_at;
    const struct interval *during; /* only then, for windows that recur; NULL: all the time */
    struct str comment, created_by;
};

struct silences {
    const struct silence *v;
    size_t n;
};

/* The silence that keeps an alert quiet now, of several the one that ends last; NULL: none. */
const struct silence *silences_find(struct silences, struct labels, int64_t now_at);
/* When to look again at what it keeps quiet; > now. */
int64_t silence_look_again(const struct silence *, int64_t now_at);
/* A silence that fits every alert would keep everything quiet. */
bool silence_is_too_wide(struct matchers);

enum { SILENCE_COMMENT_MAX = 1000 }; /* bytes */
#define SILENCE_LENGTH_MAX_US (366 * US_PER_DAY)
/* Why a new one is refused, as a sentence for whoever wants it; NULL: it is good. `during` is not
 * looked at. */
const char *silence_flaw(const struct silence *, int64_t now_at);
