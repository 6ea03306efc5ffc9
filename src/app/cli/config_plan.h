#pragma once
/* config_plan — `alertify config plan NEW`: the stored webhooks through the configuration in force
 * and through another one, and what would have been different. Layer: app. Main thread. */
#include "app/cli/cli.h"
#include "ports/store.h"

struct plan_wish {
    const char *since;   /* "30d", or a time; NULL: 30d */
    const char *until;   /* a time; NULL: now */
    const char *against; /* a file or folder to compare with; NULL: what is in force */
    const char *fail_on; /* "lost,unrouted,nobody,more=20,any"; NULL: the change is only shown */
    bool is_json, shows_pages;
};

/* The exit code: CLI_FAILED too when something of fail_on has come. */
int config_plan(const struct cli_command *, struct store *, const char *path,
                const struct plan_wish *);
