#pragma once
/* web_page — the frame of the pages behind links: one column, readable on a phone in the dark,
 * without JavaScript. Everything that came from an alert goes through web_page_escaped.
 * Layer: flows; private to the pages. Any thread. */
#include "ports/exchange.h"

struct web_page {
    struct strbuf out;
    struct arena *arena;
};

void web_page_begin(struct web_page *, struct arena *, const char *language);
/* Our own HTML. */
void web_page_add(struct web_page *, const char *html);
/* Text of others, cut at 500 bytes. */
void web_page_escaped(struct web_page *, struct str);
/* A row of a <dl>; nothing without a value. */
void web_page_row(struct web_page *, const char *name, struct str value);
/* The form whose button acts: only a rendered page has the nonce. */
void web_page_form(struct web_page *, struct str nonce, const char *button);
void web_page_answer(struct web_page *, struct exchange *, int status);
