#pragma once
/* clean — hostile text made harmless before it enters any channel's syntax.
 *
 * Every text that came from an alert, a person or a peer goes through clean_line, clean_block or
 * clean_text once; after that it is valid UTF-8 without control, bidirectional, zero-width or
 * invisible characters. Escaping for a syntax comes afterwards. Text is cut here, on its way in,
 * because cut markup is broken markup. Lengths are UTF-16 code units (what Telegram counts); they
 * are never less than code points. Layer: channels. Pure but for the arena. Any thread. */
#include "base/str.h"

enum { CLEAN_URL_MAX = 2048 };

/* One line of at most max units; "…" shows that something was cut. */
struct str clean_line(struct arena *, struct str, size_t max);
/* As clean_line, but keeps line feeds (at most one empty line in a row). */
struct str clean_block(struct arena *, struct str, size_t max);
/* Spaces and line feeds as they are; only what does harm is gone. For templates that lay out text
 * themselves. */
struct str clean_text(struct arena *, struct str, size_t max);
/* UTF-16 code units of valid UTF-8. */
size_t clean_len(struct str);

/* Next code point and its length in bytes; U+FFFD and 1 for a byte that starts no sequence.
 * s must not be empty. */
uint32_t clean_decode(struct str s, size_t *ret_len);
void clean_encode(struct strbuf *, uint32_t code_point);

/* & < > (and " with `in_attribute`) as entities: HTML, Telegram HTML and Slack mrkdwn agree. */
void clean_escape(struct strbuf *, struct str, bool in_attribute);
/* Escaped text of at most max units, cut between characters, never inside an entity. */
struct str clean_escape_clip(struct arena *, struct str, size_t max);

/* An absolute http(s) URL of printable ASCII without the characters any syntax of ours treats
 * specially (quotes, angle brackets, |, backslash, space), of at most CLEAN_URL_MAX bytes. */
bool clean_is_url(struct str);
