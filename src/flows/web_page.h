#pragma once
/* web_page — a page behind a link, as the templates of the configuration make it.
 * Layer: flows; private to the pages. Query threads. */
#include "channels/speech.h"
#include "flows/routes.h"

/* Answers with the part of the templates about the message. The page's words for `said` are looked
 * up in the language of message->to; NULL: nothing is said. A template of the admin's that fails is
 * replaced by the built-in one (flows/template_trouble.h). */
enum status web_page_answer(struct query *, const struct snapshot *, enum template_part,
                            const struct message *, const struct template_page *, const char *said,
                            int status, struct err *);
