#pragma once
/* feed_url — `alertify oncall feed-url`: the secret address of a calendar. Layer: app. */
#include "app/cli/database.h"

/* Exactly one of schedule and user. Needs the secret key of the settings file or of the state
 * folder, not the database. Returns the exit code. */
int feed_url_print(const struct cli_command *, const struct database_choice *, const char *schedule,
                   const char *user);
