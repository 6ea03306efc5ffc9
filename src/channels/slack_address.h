#pragma once
/* slack_address — whom a Slack address is. Layer: channels. Pure. Any thread. */
#include "domain/message.h"

/* "<@U045EF>" for messages that call a person to act, whatever the channel they go to; otherwise
 * empty. The only markup of its kind: ids have nothing in them but capitals and digits. */
struct str slack_mention(struct arena *, const struct message *);
/* A message of its own, not an edit, that is meant to wake somebody. */
bool slack_calls_for_action(enum notice_kind);
