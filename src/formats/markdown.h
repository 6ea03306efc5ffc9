#pragma once
/* markdown — text from outside inside Markdown (CommonMark, and GitHub's and GitLab's tables): it
 * is shown as it is, whatever it holds. No markup, link, image, HTML, mention or table cell comes
 * out of it. Control characters should be gone already; line ends become spaces where one line is
 * meant. Layer: formats. Pure. */
#include "base/str.h"

/* In a paragraph, a heading, a list item or a table cell; one line. */
void markdown_text(struct strbuf *out, struct str text);
/* Lines as a fenced block, whose fence no line of the text can close. Starts and ends with its own
 * lines. */
void markdown_block(struct strbuf *out, struct str text);
