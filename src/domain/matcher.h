#pragma once
/* matcher — one condition on a label: name op value (Alertmanager's four operators).
 *
 * Regular expressions are compiled elsewhere (wire) and come as a `struct pattern`, so that the
 * domain needs no engine. A missing label is the empty string. Layer: domain. Immutable. */
#include "base/enum_names.h"
#include "domain/labels.h"

#define MATCHER_OPS(X)                                                                             \
    X(MATCHER_EQ, "=")                                                                             \
    X(MATCHER_NE, "!=")                                                                            \
    X(MATCHER_RE, "=~")                                                                            \
    X(MATCHER_NRE, "!~")
ENUM_DECLARE(matcher_op, MATCHER_OPS)

/* A compiled, anchored expression. First member of whatever implements it. Thread-safe. What is
 * known about it besides is for indexes; 0 and NULL: nothing. */
struct pattern {
    bool (*matches)(const struct pattern *, struct str text);
    const struct str *literals; /* it matches exactly these, which are distinct */
    size_t n_literals;
    const struct str *prefixes; /* every match begins with one; none begins with another */
    size_t n_prefixes;
    struct str needle; /* every match contains it */
};

struct matcher {
    enum matcher_op op;
    struct str name, value;
    const struct pattern *pattern; /* RE and NRE only */
};

struct matchers {
    const struct matcher *v; /* sorted by name, value, operator */
    size_t n;
};

bool matcher_matches(const struct matcher *, struct labels);
/* All of them; none matches everything. */
bool matchers_match(struct matchers, struct labels);
