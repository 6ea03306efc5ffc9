#pragma once
/* target_text — whom a step tells, as text: "user:anna", "team:db", "schedule:primary",
 * "slack:#alerts", "telegram:-100123", "email:a@b.org", "webhook:name", "console"; slack, telegram
 * and email with the account whose credentials are used: "slack/ops:#alerts". Layer: wire. Pure. */
#include "base/err.h"
#include "domain/receiver.h"

struct str target_format(struct arena *, const struct target *);
/* ERR_SYNTAX with what is wrong and how it should look. Borrows from the text. Whether the user,
 * team, … exists is not asked here. */
MUST_CHECK enum status target_parse(struct str text, struct target *ret, struct err *);
/* The name of an account fits into a target and an address. */
bool account_name_is_valid(struct str name);
