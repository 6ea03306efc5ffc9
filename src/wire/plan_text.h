#pragma once
/* plan_text — an escalation plan as canonical JSON, stored with the incident that runs it.
 *
 * Equal plans give equal text (its hash names the plan); what plan_format wrote, plan_parse reads
 * back whole, places in the file and conditions included. Keys that a newer version may have added
 * are ignored, kinds of steps that it may have added are an error: running half of a plan would be
 * worse than saying so. Layer: wire. Pure. */
#include "base/err.h"
#include "domain/receiver.h"

/* {"steps":[{"do":"notify","where":"…","targets":["user:anna"],"via":["slack"]},
 *           {"do":"wait","where":"…","us":300000000},
 *           {"do":"run","where":"…","action":"x","us":0,"only_if":[["name","=~","value"]]},
 *           {"do":"if","where":"…","conditions":[{"is":"during","name":"nights"}],"target":5},
 *           {"do":"jump","where":"…","target":6},{"do":"resolve","where":"…"},
 *           {"do":"repeat","where":"…","times":3}]}
 * and where set: "in_turn":true of notify; before "steps" "remind_us", "unack_us", "silence_us". */
struct str plan_format(struct arena *, const struct plan *);
/* ERR_SYNTAX, ERR_INVALID. Copies into the arena. */
MUST_CHECK enum status plan_parse(struct arena *, struct str text, struct plan *ret, struct err *);
