#pragma once
/* secret_source — where secrets come from: a file or an environment variable, never a literal.
 *
 * Used for the process settings and, as callbacks, for the routing files. A file that others may
 * read still works, but it is reported: a world-readable one always, a group-readable one unless it
 * belongs to root (root:alertify 0640 is how a package hands a secret to a service).
 * Layer: app. Any thread. */
#include "base/err.h"
#include "base/secret.h"

enum { SECRET_BYTES_MAX = 64 * 1024 };

/* `path` is relative to `folder` unless absolute. ERR_NOT_FOUND, ERR_IO, ERR_INVALID (empty, not a
 * regular file), ERR_TOO_LARGE. *ret_warning: what is wrong with the file's permissions, NULL if
 * nothing; in the arena. */
MUST_CHECK enum status secret_from_file(struct arena *, struct str folder, struct str path,
                                        struct secret **ret, const char **ret_warning,
                                        struct err *);
/* ERR_NOT_FOUND: not set; ERR_INVALID: set, but empty. */
MUST_CHECK enum status secret_from_env(struct arena *, struct str name, struct secret **ret,
                                       struct err *);
/* `path` as it is when absolute, otherwise below `folder`. NUL-terminated. */
struct str path_below(struct arena *, struct str folder, struct str path);
/* The folder part of a path, "." if it has none. */
struct str path_folder(struct str path);
