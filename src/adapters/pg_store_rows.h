#pragma once
/* pg_store_rows — what the parts of the store share: its struct, and rows read back as values.
 * Layer: adapters; private to pg_store*.c. */
#include "adapters/pg_store.h"

struct store {
    struct pg *pg;
    struct uuid replica;
    uint64_t lead_generation[8]; /* connection on which a lead was taken, by enum store_lead */
    int64_t ledger_from;         /* where the queue began when we last looked */
    int64_t ledger_looked_us;    /* when we last looked from its very beginning; 0: never */
};

/* Runs a statement that returns incident_row. */
enum status store_read_incidents(struct store *, struct arena *, const char *sql_name,
                                 const struct pg_param *, size_t n_params, struct incident **ret,
                                 size_t *ret_n, struct err *);
/* The same for at most one. */
enum status store_read_incident(struct store *, struct arena *, const char *sql_name,
                                struct pg_param, struct incident *ret, struct err *);
/* Rows of the ledger. */
struct ledger_row *pg_ledger_rows(struct arena *, const struct pg_rows *);
/* A word of a CHECK constraint; one we do not know is a newer schema's: ERR_INTERNAL. */
#define READ_WORD(type, text, ret, err)                                                            \
    (type##_from_name((text), (ret))                                                               \
         ? OK                                                                                      \
         : err_set((err), ERR_INTERNAL, #type " \"%.*s\" is not known", STR_ARG(text)))
