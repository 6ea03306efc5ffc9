#pragma once
/* why_person — the work of `alertify why --user ID --at TIME`: every incident that was there then,
 * and for each why the person was, or was not, paged about it; and whose turn it was.
 * Layer: app. */
#include "app/cli/cli.h"
#include "ports/store.h"

struct person_wish {
    const char *user;
    const char *at; /* NULL: now */
    bool is_json;
};

int why_person(const struct cli_command *, struct store *, const struct person_wish *);
