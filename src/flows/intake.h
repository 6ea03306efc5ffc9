#pragma once
/* intake — a webhook arrives. Layer: flows; private to the request flow. http thread. */
#include "flows/deps.h"

/* Authenticates, bounds, pre-scans, hands over to the ledger thread, or answers with an error. */
void flow_intake(struct deps *, struct exchange *, struct str source_name);
