#pragma once
/* pattern_text — regular expressions (Go's dialect, anchored) as the domain's struct pattern.
 * Layer: wire. Compiled patterns are read-only and may be used by any thread; each thread has its
 * own working memory, made on first use and freed when the thread ends. */
#include "base/err.h"
#include "domain/matcher.h"

/* Lives as long as the arena. ERR_INVALID with what is wrong. */
MUST_CHECK enum status pattern_compile(struct arena *, struct str text, const struct pattern **ret,
                                       struct err *);
/* Matches of this process that hit a limit of the engine and therefore said no. */
uint64_t pattern_gave_up(void);
