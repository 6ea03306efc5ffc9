#pragma once
/* matcher_syntax — one item of a `matchers:` list as text: severity=~"critical|page".
 *
 * Alertmanager has two grammars. CLASSIC (up to 0.26): classic label names; values quoted or not,
 * nearly everything unquoted; `{` and `}` are trimmed independently. UTF8 (0.27 on): any label
 * name, either side quoted with Go's escapes; reserved characters must be quoted. FALLBACK (its
 * default since 0.27, and ours) reads both: UTF8 wins unless only CLASSIC understands the text or
 * they understand it differently; errors are CLASSIC's.
 * An item may hold several matchers, comma separated, in braces or not. Nothing and `{}` mean none.
 * Layer: wire. Pure. */
#include "base/err.h"
#include "domain/matcher.h"

#define MATCHER_DIALECTS(X)                                                                        \
    X(MATCHER_CLASSIC, "classic")                                                                  \
    X(MATCHER_UTF8, "utf8")                                                                        \
    X(MATCHER_FALLBACK, "fallback")
ENUM_DECLARE(matcher_dialect, MATCHER_DIALECTS)

enum { MATCHERS_MAX = 100 };

/* Copies into the arena, compiles, sorts. ERR_SYNTAX or (bad regular expression) ERR_INVALID. */
MUST_CHECK enum status matchers_parse(struct arena *, enum matcher_dialect, struct str text,
                                      struct matchers *ret, struct err *);
/* Exactly one matcher, as a word of a command line or a query: no braces around it, and a comma
 * belongs to the value if CLASSIC reads it. ERR_SYNTAX or ERR_INVALID. */
MUST_CHECK enum status matcher_parse_one(struct arena *, enum matcher_dialect, struct str text,
                                         struct matcher *ret, struct err *);
/* One matcher from its parts, which are borrowed. ERR_INVALID: bad regular expression. */
MUST_CHECK enum status matcher_make(struct arena *, enum matcher_op, struct str name,
                                    struct str value, struct matcher *ret, struct err *);
/* [a-zA-Z_:][a-zA-Z0-9_:]* — what `match:` and `match_re:` allow. */
bool label_name_is_classic(struct str name);
/* Copies, sorted by name, value, operator. */
struct matchers matchers_sort(struct arena *, const struct matcher *, size_t n);
/* The canonical text, as `amtool config routes show` prints it: {a="b",c=~"d"}; {} for none. */
struct str matchers_format(struct arena *, struct matchers);
