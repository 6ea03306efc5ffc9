#pragma once
/* regex — Go's (RE2's) regular expressions, fully anchored, as Prometheus and Alertmanager use
 * them.
 *
 * A pattern is parsed by Go's grammar and rewritten for PCRE2, so that what Go refuses is refused
 * with a sentence (back-references, lookaround, atomic groups, possessive and nested quantifiers,
 * recursion, conditionals, callouts, \C, \K, …) and what both know means the same: \s without
 * vertical tab, \v, octal escapes, "." without newline unless (?s), "$" only at the very end.
 * The whole subject must match. Groups do not capture. Known difference: (?i) with \w or \d stays
 * ASCII.
 * Matching is bounded: when PCRE2's match or heap limit is hit, the answer is "no" and
 * *ret_gave_up is set, for a warning and a counter.
 * Pure literals and alternations of literals (`api|web|db`) never reach PCRE2: they are a set.
 * Layer: formats. Owner: the arena given to regex_compile. A compiled regex is read-only: any
 * thread, at the same time. A scratch belongs to one thread.
 *
 *     const struct regex *re;
 *     MUST: regex_compile(arena, STR("web-.*"), &re, err) == OK
 *     bool gave_up = false;
 *     if (regex_matches(re, scratch, value, &gave_up)) …
 */
#include "base/err.h"

enum { REGEX_PATTERN_MAX = 4096, REGEX_MATCH_LIMIT = 100000, REGEX_HEAP_LIMIT_KIB = 2048 };

struct regex;
struct regex_scratch;

/* ERR_INVALID with a sentence that names the position in the pattern (counted in characters). */
enum status regex_compile(struct arena *, struct str pattern, const struct regex **ret,
                          struct err *) MUST_CHECK;

/* Working memory for matching; lives as long as the arena. One per thread. */
struct regex_scratch *regex_scratch_new(struct arena *);

/* Does all of the subject match? Sets *ret_gave_up (may be NULL) when a limit was hit, and never
 * clears it. Invalid UTF-8 in the subject matches nothing. */
bool regex_matches(const struct regex *, struct regex_scratch *, struct str subject,
                   bool *ret_gave_up);

/* The pattern as written. */
struct str regex_pattern(const struct regex *);

/* When the pattern is a literal or an alternation of literals: the literals, sorted (str_cmp) and
 * distinct, at least one; so that an index can use equality. NULL otherwise. */
const struct str *regex_literals(const struct regex *, size_t *ret_n);

/* Texts of which every match begins with one (`db-.*|cache-[0-9]+`: "db-" and "cache-"), none the
 * beginning of another; a filter for an index. NULL when none can be read off the pattern. */
const struct str *regex_prefixes(const struct regex *, size_t *ret_n);
/* A text that every match contains (`.*-canary`: "-canary"); likewise. Empty: unknown. */
struct str regex_needle(const struct regex *);
