#pragma once
/* trouble — a flow's piece of work failed and will be tried again: say so, once.
 *
 * While the database is away every flow fails several times a second; the status flow has said
 * "database is away" and will say when it is back, so the rest is for debugging. Layer: flows. */
#include "base/log.h"
#include "flows/deps.h"

static inline enum log_level trouble_level(const struct deps *deps, const struct err *err)
{
    bool is_known = status_is_retryable(err->code) && !atomic_load(&deps->is_database_ok);
    return is_known ? LOG_DEBUG : LOG_ERROR;
}
