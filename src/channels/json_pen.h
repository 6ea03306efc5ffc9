#pragma once
/* json_pen — writes a template whose text is JSON so that no value can break out of it.
 *
 * Between the template's own quotes a value is written as a piece of a JSON string, elsewhere as a
 * JSON value of its own (a number, a text with its quotes, an object). Line ends that a template
 * has inside of a string become "\n". In Slack's messages, texts are mrkdwn or at least have
 * entities, so what is written under the key "text" is escaped for that, too, unless the template
 * vouches for it (safeHtml).
 * Layer: channels. Owner: the caller; of one rendering.
 *
 *     struct json_pen pen;
 *     json_pen_init(&pen, arena, is_slack);
 *     env.writer = &pen.writer;
 */
#include "formats/template/template.h"

enum { JSON_PEN_KEY_MAX = 16 };

struct json_pen {
    struct template_writer writer;
    struct arena *arena;
    bool is_slack;
    bool is_in_string, is_escaped;
    char last[JSON_PEN_KEY_MAX]; /* the string that was read last, or its beginning */
    size_t n_last;
    bool is_text; /* what follows is the value of "text" */
};

void json_pen_init(struct json_pen *, struct arena *, bool is_slack);

/* The same for mrkdwn that is no JSON: values are escaped, unless the template vouches for them. */
extern const struct template_writer mrkdwn_writer;
