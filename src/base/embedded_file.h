#pragma once
/* embedded_file — text files compiled into the binary (cmake/embed.cmake makes the tables).
 * Layer: base. Constant. */
#include <stddef.h>

struct embedded_file {
    const char *name; /* "intake_append.sql" */
    const char *text; /* NUL-terminated */
    size_t len;
};
