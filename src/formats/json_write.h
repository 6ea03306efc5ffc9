#pragma once
/* json_write — emit JSON into a strbuf; commas and escapes are automatic.
 *
 * Always valid UTF-8 (bad bytes become U+FFFD) and valid JSON as long as the buffer's maximum was
 * not hit: check `out->is_full` at the end. Misuse (a key in an array, an unclosed level at
 * json_end) is a bug and aborts. "<", ">" and "&" are left alone: this is JSON, not HTML.
 * Layer: formats. Owner: the strbuf's arena. One thread at a time.
 *
 *     struct json_writer w;
 *     json_begin(&w, &buffer);
 *     json_begin_object(&w);
 *     json_put_str(&w, "channel", channel);       key and value in one
 *     json_key(&w, STR("blocks"));
 *     json_begin_array(&w);
 *     …
 *     json_end_array(&w);
 *     json_end_object(&w);
 *     json_end(&w);
 */
#include "base/str.h"

enum { JSON_WRITE_DEPTH_MAX = 64 };

struct json_writer {
    struct strbuf *out;
    unsigned depth;
    uint64_t is_object; /* one bit per level, as the two below */
    uint64_t has_items;
    bool is_after_key;
    bool has_root;
};

void json_begin(struct json_writer *, struct strbuf *out);
/* Checks that exactly one value was written and every level is closed. */
void json_end(const struct json_writer *);

void json_begin_object(struct json_writer *);
void json_end_object(struct json_writer *);
void json_begin_array(struct json_writer *);
void json_end_array(struct json_writer *);
/* In an object, before each value. */
void json_key(struct json_writer *, struct str key);

void json_add_str(struct json_writer *, struct str value);
void json_add_int(struct json_writer *, int64_t value);
void json_add_uint(struct json_writer *, uint64_t value);
/* Shortest text that reads back the same; null for what is not finite. */
void json_add_double(struct json_writer *, double value);
void json_add_bool(struct json_writer *, bool value);
void json_add_null(struct json_writer *);
/* One value that is JSON already (a json_view's text, a stored document). Not checked. */
void json_add_raw(struct json_writer *, struct str json);

/* A member of an object: key (a literal) and value. */
void json_put_str(struct json_writer *, const char *key, struct str value);
void json_put_int(struct json_writer *, const char *key, int64_t value);
void json_put_bool(struct json_writer *, const char *key, bool value);
void json_put_raw(struct json_writer *, const char *key, struct str json);

/* Only the quoted, escaped string: for text that is put together by hand. */
void json_quote(struct strbuf *out, struct str value);
