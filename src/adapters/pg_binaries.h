#pragma once
/* pg_binaries — finds an installed PostgreSQL server (it is rarely in PATH).
 * Layer: adapters. Thread: main, at start. */
#include "adapters/pg_child.h"

enum { PG_MAJOR_MIN = 14 };

struct pg_binaries {
    char dir[256];
    int major;
};

/* In `setting` if not NULL; else where `pg_config --bindir` says, then the usual places, newest
 * first. When `wanted_major` is not 0 only that version will do: a data directory belongs to one
 * major version. ERR_INVALID with a sentence about what to install. */
MUST_CHECK enum status pg_binaries_find(struct arena *, const char *setting, int wanted_major,
                                        const struct pg_user *, struct pg_binaries *ret,
                                        struct err *);
