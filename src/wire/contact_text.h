#pragma once
/* contact_text — contacts as a JSON array, for the outbox. Layer: wire. Pure. */
#include "base/err.h"
#include "domain/directory.h"

struct str contacts_format(struct arena *, const struct contact *, size_t n);
/* ERR_INVALID for anything contacts_format did not write. Copies into the arena. */
MUST_CHECK enum status contacts_parse(struct arena *, struct str text, struct contact **ret,
                                      size_t *ret_n, struct err *);
