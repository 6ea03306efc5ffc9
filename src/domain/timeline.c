#include "domain/timeline.h"

ENUM_DEFINE(event_kind, EVENT_KINDS)

void entry_fact(struct timeline_entry *entry, const char *name, struct str value)
{
    CHECK(entry->n_facts < FACTS_MAX);
    entry->facts[entry->n_facts++] = (struct fact){name, value};
}
