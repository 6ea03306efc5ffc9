#pragma once
/* slack_content — what a Slack message shows: blocks, an attachment of a receiver's own texts, or
 * plain words; within the limits of Block Kit, which Slack checks as a whole message.
 * Layer: channels. Pure but for the arena. One thread. */
#include "channels/speech.h"

#include <jansson.h>

/* The body of a request: the payload, which is not empty, with "text" and, unless it is plain,
 * "blocks" or "attachments". In the speech's arena. Takes over the reference. */
struct str slack_content_write(json_t *taken, struct speech *, bool is_plain);
/* Would Slack take these blocks? False: *ret_why says for what not, as far as we know the rules
 * (docs.slack.dev, Block Kit). */
bool slack_blocks_check(struct arena *, struct str json, struct str *ret_why);
