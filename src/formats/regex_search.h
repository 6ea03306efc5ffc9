#pragma once
/* regex_search — find and replace with Go's regular expressions, anywhere in a text and with
 * groups, in a time that grows linearly with the text whatever the expression.
 *
 * On RE2 (docs/adr/0009): the same syntax as Go's and the same leftmost-first matches. Matchers,
 * which are anchored and need no groups, are formats/regex.h.
 * Layer: formats. Owner: the arena. Compiled expressions are read-only: any thread, at the same
 * time.
 *
 *     const struct regex_search *re;
 *     size_t work = 100000;
 *     if (regex_search_compile(arena, STR("(\\w+):(\\d+)"), &re, err) == OK &&
 *         regex_search_replace(re, STR("web-01:9100"), STR("$2@${1}"), &work, &out)) …
 */
#include "base/err.h"

enum {
    REGEX_SEARCH_PATTERN_MAX = 4096,
    REGEX_SEARCH_GROUPS_MAX = 100,
    REGEX_SEARCH_SUBJECT_MAX = 64 * 1024,
    REGEX_SEARCH_MEMORY_MAX = 256 * 1024, /* of one expression, with what it remembers */
};

struct regex_search;

/* ERR_INVALID with Go's words: "error parsing regexp: missing closing ]: `[a`". */
enum status regex_search_compile(struct arena *, struct str pattern,
                                 const struct regex_search **ret, struct err *) MUST_CHECK;
/* How much work it is to look through n bytes, for budgets: 1 is some 100 ns at most. */
size_t regex_search_cost(const struct regex_search *, size_t n);
/* The subject has at most REGEX_SEARCH_SUBJECT_MAX bytes, here and below. */
bool regex_search_matches(const struct regex_search *, struct str subject);
/* The subject with every match replaced. In the replacement `$1`, `$name`, `${1}` and `${name}` are
 * groups (`$1x` is the group named 1x, groups that there are not are empty), `$$` is a dollar.
 * Stops when out is full. Each match costs some of *work, as the next one may have to be looked for
 * up to the end; false when it is used up. */
MUST_CHECK bool regex_search_replace(const struct regex_search *, struct str subject,
                                     struct str replacement, size_t *work, struct strbuf *out);
