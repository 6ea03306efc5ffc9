#pragma once
/* options — `--name value` pairs of the benchmark programs. Reads argv; no state. */
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

static inline const char *option_text(int argc, char **argv, const char *name, const char *fallback)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (str_eq(str_from(argv[i]), str_from(name))) {
            return argv[i + 1];
        }
    }
    if (!fallback) {
        fprintf(stderr, "%s is missing\n", name);
        exit(2);
    }
    return fallback;
}

static inline uint64_t option_number(int argc, char **argv, const char *name, const char *fallback)
{
    uint64_t n = 0;
    const char *text = option_text(argc, argv, name, fallback);
    if (!str_to_u64(str_from(text), &n)) {
        fprintf(stderr, "%s is not a number: %s\n", name, text);
        exit(2);
    }
    return n;
}
