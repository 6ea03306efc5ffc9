#pragma once
/* problems — everything that is wrong with files, as text for people.
 *
 *     alertify.yml:3:9: error: unknown key "adress"
 *         3 |   - adress: 127.0.0.1:8080
 *           |     ^~~~~~ did you mean "address"?
 *
 * Layer: app. Owner: the arena. One thread at a time. */
#include "formats/yaml_tree.h"

struct problems {
    struct arena *arena;
    struct strbuf text;
    size_t n_errors, n_warnings;
    struct err first; /* the first error, for interfaces that have room for one */
};

/* The file that problems are about. */
struct problem_file {
    struct str name, text;
};

void problems_init(struct problems *, struct arena *);
/* `hint` (may be NULL) stands behind the underline. */
void problem_add(struct problems *, bool is_warning, const struct problem_file *,
                 struct yaml_problem place, const char *hint, const char *fmt, ...)
    PRINTF_LIKE(6, 7);
/* A problem without a place in a file; `where` may be empty. */
void problem_add_plain(struct problems *, bool is_warning, const char *where, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* "2 errors, 1 warning" */
struct str problems_count(const struct problems *);
/* The word of `words` (ended by NULL) that is nearest to a misspelt one; NULL if none is near. */
const char *nearest_word(struct str misspelt, const char *const *words);
