#pragma once
/* matcher_parts — the two grammars behind matcher_syntax.h, before anything is compiled.
 * Layer: wire, private to it. */
#include "base/err.h"
#include "domain/matcher.h"

struct matcher_part {
    enum matcher_op op;
    struct str name, value;
};

struct matcher_parts {
    struct matcher_part *v;
    size_t n, cap;
};

MUST_CHECK enum status matcher_parts_classic(struct arena *, struct str text,
                                             struct matcher_parts *, struct err *);
/* The whole text as one matcher. */
MUST_CHECK enum status matcher_part_classic(struct arena *, struct str text, struct matcher_parts *,
                                            struct err *);
MUST_CHECK enum status matcher_parts_utf8(struct arena *, struct str text, struct matcher_parts *,
                                          struct err *);
/* ERR_INVALID past MATCHERS_MAX. */
MUST_CHECK enum status matcher_parts_add(struct arena *, struct matcher_parts *,
                                         struct matcher_part, struct err *);
/* Does the character at `at` have to be quoted in the UTF-8 grammar? */
bool matcher_char_is_reserved(struct str text, size_t at);
