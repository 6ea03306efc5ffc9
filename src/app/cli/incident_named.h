#pragma once
/* incident_named — an incident as a command line names it: by its number or its id.
 * Layer: app. Main thread. */
#include "app/cli/cli.h"
#include "ports/store.h"

/* CLI_GO, or the exit code after a word on standard error: it is neither. */
int incident_name_check(const struct cli_command *, const char *name);
/* The incident and the configuration it runs under (hash empty: not known any more). A name that
 * was checked. ERR_NOT_FOUND: there is none. */
MUST_CHECK enum status incident_named(struct store *, struct arena *, const char *name,
                                      struct incident *ret, struct config_row *ret_config,
                                      struct err *);
