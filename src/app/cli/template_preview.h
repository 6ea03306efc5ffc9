#pragma once
/* template_preview — `alertify template preview`: a message as a channel would send it.
 * Layer: app. Main thread. */
#include "app/cli/database.h"

struct preview_wish {
    const char *channel, *incident, *file, *receiver, *language, *kind, *html;
    struct database_choice choice;
};

/* Returns the exit code. */
int template_preview(const struct cli_command *, const struct preview_wish *);
