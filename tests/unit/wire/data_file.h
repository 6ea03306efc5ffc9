#pragma once
/* data_file — reads a file of tests/data into an arena. For tests. */
#include "base/str.h"

#include <stdio.h>

static inline struct str read_path(struct arena *arena, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "cannot open %s\n", path);
    }
    CHECK(f);
    struct strbuf text;
    strbuf_init(&text, arena, 16u << 20);
    char block[8192];
    size_t n;
    while ((n = fread(block, 1, sizeof(block), f)) > 0) {
        strbuf_add(&text, (struct str){block, n});
    }
    fclose(f);
    return strbuf_str(&text);
}

static inline struct str read_data(struct arena *arena, const char *name)
{
    return read_path(arena, str_printf(arena, TEST_DATA "/%s", name).p);
}
