#pragma once
/* embedded_file — text files compiled into the binary: the SQL catalogue and the migrations.
 * Layer: adapters. Constant. */
#include <stddef.h>

struct embedded_file {
    const char *name; /* "intake_append.sql" */
    const char *text; /* NUL-terminated */
    size_t len;
};

extern const struct embedded_file sql_catalogue[];       /* by name, ended by name == NULL */
extern const struct embedded_file migration_catalogue[]; /* likewise */
