#pragma once
/* config_rollback — the stored text of a configuration back into its files. Layer: app. Main
 * thread. */
#include "app/cli/cli.h"
#include "ports/store.h"

struct rollback_wish {
    const char *to; /* a folder, or a file; NULL: where the files were read */
    bool is_sure;   /* false: only says what would be written */
};

/* The exit code; what is wrong was printed. */
int config_rollback(const struct cli_command *, const struct config_row *,
                    const struct rollback_wish *);
/* Prints how one configuration's files became another's; false if they are equal. */
bool config_print_diff(struct arena *, const struct config_row *before,
                       const struct config_row *after);
