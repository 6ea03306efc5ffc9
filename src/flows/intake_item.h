#pragma once
/* intake_item — an accepted webhook on its way from the http thread to the ledger.
 * Lives in its exchange's arena; whoever holds it answers the exchange. Layer: flows. */
#include "ports/exchange.h"
#include "ports/store.h"

struct intake_item {
    struct exchange *exchange;
    struct ledger_entry entry;
    int64_t arrived_us; /* monotonic */
};
