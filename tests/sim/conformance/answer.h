#pragma once
/* answer — rows that the store has given, as text: equal texts are equal answers. */
#include "ports/store.h"

void put_incident(struct strbuf *, const struct incident *);
void put_delivery(struct strbuf *, const struct delivery *);
