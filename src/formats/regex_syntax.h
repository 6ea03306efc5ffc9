#pragma once
/* regex_syntax — Go's regular expression grammar, rewritten for PCRE2. Internal to formats/regex.c.
 * Layer: formats. Pure. Any thread. */
#include "base/err.h"

/* The same expression in PCRE2's syntax (UTF, without UCP), without captures or anchors around it.
 * ERR_INVALID if Go would refuse it. */
enum status regex_translate(struct arena *, struct str pattern, struct str *ret,
                            struct err *) MUST_CHECK;

/* If the pattern is literals joined by "|" (perhaps in one group, perhaps between "^" and "$",
 * which change nothing when everything is anchored): their array, unescaped, as written. NULL if
 * not. */
struct str *regex_split_literals(struct arena *, struct str pattern, size_t *ret_n);

enum { REGEX_PREFIXES_MAX = 64 };

/* Texts of which every match begins with one, none the beginning of another; NULL when that cannot
 * be read off the pattern. It must be one that regex_translate accepts. In regex_prefix.c. */
struct str *regex_split_prefixes(struct arena *, struct str pattern, size_t *ret_n);
/* The longest text that every match contains; empty when none can be read off the pattern. */
struct str regex_find_needle(struct arena *, struct str pattern);
