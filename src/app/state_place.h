#pragma once
/* state_place — where the state folder of `alertify up` really is.
 *
 * PostgreSQL refuses to run as root, so as root its server runs as another user, who must be able
 * to enter the folder. A checkout below /root (0700) is the usual case where that fails: the data
 * then live in /var/lib/alertify, and the state folder is a link to them. Layer: app. Main thread.
 */
#include "base/err.h"

/* `state` is absolute. Follows a link that is there; makes one when the default folder is out of
 * the server's reach. ERR_INVALID: a folder that was named by the user is out of reach. */
MUST_CHECK enum status state_place(struct arena *, const char *state, bool is_default,
                                   const char **ret, struct err *);
