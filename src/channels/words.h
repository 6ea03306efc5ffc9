#pragma once
/* words — what templates and pages say around an alert, in one language.
 *
 * A file words.XX.yml is a flat map of keys and texts for the language XX. Words that a file leaves
 * out are those of the file it builds upon. Texts with "%d" and "%s" are filled in by printf.
 * Layer: channels. Owner: the arena. Immutable; any thread. */
#include "base/err.h"
#include "formats/template/value.h"

enum { WORDS_MAX = 500, WORD_BYTES_MAX = 1000 };

struct words {
    struct str language;
    struct value kv; /* a KV of all of them: `.Say` */
};

/* Is it a file of words? *ret_language: "de" of "words.de.yml". */
bool words_is_file(struct str name, struct str *ret_language);
/* `base` may be NULL. Texts are copied. ERR_SYNTAX, ERR_INVALID; err.where is "name:line:col". */
MUST_CHECK enum status words_parse(struct arena *, struct str name, struct str text,
                                   const struct words *base, struct words *ret, struct err *);
/* Empty if there is no such word. */
struct str words_get(const struct words *, const char *key);
/* With "%d" and "%s" filled in, as printf of templates does it. */
struct str words_printf(struct arena *, const struct words *, const char *key,
                        const struct value *args, size_t n);
/* "12 min", "2 h 5 min", "3 d 4 h"; at most two units; negative counts as zero. */
struct str words_duration(struct arena *, const struct words *, int64_t us);
