#pragma once
/* pg_store — the store port on PostgreSQL. One per thread.
 * Layer: adapters. Owner: the thread that uses it (opened anywhere before it starts). */
#include "adapters/pg_conn.h"
#include "ports/store.h"

/* Does not connect. `replica` is this process. */
MUST_CHECK enum status store_open(const struct pg_settings *, struct uuid replica,
                                  struct store **ret, struct err *);
void store_close(struct store *);
/* For migrations, health checks and tests. */
struct pg *store_pg(struct store *);
