#pragma once
/* json_body — small JSON bodies: writing ours, reading peers'. On jansson; nothing here is hot.
 *
 * Layer: channels. Pure but for the arena. Any thread. */
#include "base/str.h"

#include <jansson.h>

enum {
    JSON_BODY_MAX = 256 * 1024,       /* bytes of a reply */
    JSON_WRITE_MAX = 4 * 1024 * 1024, /* bytes of a body; more is a bug of the channel */
};

/* The value as compact text in the arena. Takes over the reference. Text in it must be UTF-8. */
struct str json_body_write(struct arena *, json_t *taken);
/* A peer's reply; the value lives as long as the arena. NULL: not JSON, too long or too deep. */
json_t *json_body_read(struct arena *, struct str text);
/* s must be valid UTF-8 (channels/clean.h makes it so). Aborts otherwise. */
json_t *json_body_text(struct str s);
/* "" if there is no such member or it is not a string. Borrowed from the value. */
struct str json_body_member(const json_t *, const char *name);
