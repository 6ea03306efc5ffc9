#pragma once
/* state_folder — what `alertify up` keeps beside its private PostgreSQL.
 *
 *     STATE/secret_key        made once, 0600: what links are signed with
 *     STATE/routes/ *.yml     the sample routing files, when there are no others
 *     STATE/url               where the running server listens
 *     STATE/conninfo          how to reach its database (no password: by OS user)
 * The rest belongs to adapters/embedded_pg.h. Layer: app. Main thread. */
#include "base/err.h"
#include "base/secret.h"

#define STATE_FOLDER_DEFAULT "./.alertify"

/* The folder's absolute path: PostgreSQL's programs run elsewhere. */
MUST_CHECK enum status state_absolute(struct arena *, const char *state, const char **ret,
                                      struct err *);
/* STATE/name, NUL-terminated. */
const char *state_path(struct arena *, const char *state, const char *name);
/* Reads the key, or makes one. The caller frees it. */
MUST_CHECK enum status state_secret_key(struct arena *, const char *state, struct secret **ret,
                                        struct err *);
/* Writes the sample files that are not there yet. *ret_folder is STATE/routes. */
MUST_CHECK enum status state_sample_routes(struct arena *, const char *state,
                                           const char **ret_folder, struct err *);
/* One line of text; replaced as a whole. */
MUST_CHECK enum status state_write(struct arena *, const char *state, const char *name,
                                   struct str text, struct err *);
/* ERR_NOT_FOUND when it was never written. */
MUST_CHECK enum status state_read(struct arena *, const char *state, const char *name,
                                  struct str *ret, struct err *);
