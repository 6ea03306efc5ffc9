#pragma once
/* json_view — read JSON in place, without building a tree.
 *
 * A view is a slice of a body that json_scan accepted: one value, from its first to its last byte,
 * so view.text is also the raw JSON to store or pass on. Readers loop over keys and switch by name:
 *
 *     struct json_object object = json_view_object(arena, json_view_of(body));
 *     struct str key;
 *     struct json_view value;
 *     while (json_object_next(&object, &key, &value)) {
 *         if (str_eq(key, STR("status"))) {
 *             is_ok &= json_view_string(arena, value, &alert->status);
 *         } else if (str_eq(key, STR("labels"))) { … }
 *     }
 *
 * Each step over a member skips its value once; reading nested members skips again inside, so the
 * cost is size × depth read. Duplicate keys are all delivered, in order: "last one wins" (what Go
 * and jansson do) is what a plain assignment in the loop gives.
 * On text that was not scanned the results are meaningless, but nothing outside it is read.
 * Names start with json_view_ where jansson has taken the short one.
 * Layer: formats. Owner: the body's; unescaped text is in the arena. Any thread. */
#include "base/str.h"

enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_BOOL,
    JSON_KIND_NUMBER,
    JSON_KIND_STRING,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT
};

struct json_view {
    struct str text; /* one value, no white space around it; empty: JSON null */
};

struct json_object {
    struct arena *arena; /* for keys with escapes */
    const char *p, *end;
};

struct json_array {
    const char *p, *end;
};

/* The only value of a scanned body. */
struct json_view json_view_of(struct str body);
enum json_kind json_view_kind(struct json_view);
/* "an object", "a number", … for messages. */
const char *json_kind_name(enum json_kind);

/* Cursor over an object's members or an array's values; over anything else it is at its end at
 * once. Keys are unescaped; they borrow from the body unless they had escapes. */
struct json_object json_view_object(struct arena *, struct json_view);
bool json_object_next(struct json_object *, struct str *ret_key, struct json_view *ret_value);
struct json_array json_view_array(struct json_view);
bool json_array_next(struct json_array *, struct json_view *ret_value);

/* The last member with this key. False if absent or not an object. One pass over the object: for
 * one or two keys; loop when there are more. */
bool json_view_member(struct arena *, struct json_view object, struct str key,
                      struct json_view *ret);

/* The readers return false, and leave *ret alone, when the value is of another kind. */

/* Borrows from the body unless there are escapes. Lone surrogates and \u0000 become U+FFFD, so the
 * text is valid UTF-8 without NUL. */
bool json_view_string(struct arena *, struct json_view, struct str *ret);
bool json_view_bool(struct json_view, bool *ret);
/* Written as an integer (no fraction, no exponent) and within int64_t. */
bool json_view_int(struct json_view, int64_t *ret);
/* Any finite number of at most 300 characters. Expects the "C" numeric locale (we set none). */
bool json_view_double(struct json_view, double *ret);
