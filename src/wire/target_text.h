#pragma once
/* target_text — whom a step tells, as text: "user:anna", "team:db", "schedule:primary",
 * "slack:#alerts", "telegram:-100123", "email:a@b.org", "webhook:name", "console".
 * Layer: wire. Pure. */
#include "base/err.h"
#include "domain/receiver.h"

struct str target_format(struct arena *, const struct target *);
/* ERR_SYNTAX with what is wrong and how it should look. Borrows from the text. Whether the user,
 * team, … exists is not asked here. */
MUST_CHECK enum status target_parse(struct str text, struct target *ret, struct err *);
