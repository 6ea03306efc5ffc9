#pragma once
/* json_pull — walk through scanned JSON once, from front to back.
 *
 * For hot, large bodies: where json_view steps over a member as a whole (and reading inside it goes
 * over the bytes again), a pull reader touches each byte once. The reader stands before a value;
 * every call takes that value, or enters it. The text must have passed json_scan; on other text the
 * results are meaningless, but nothing outside it is read and every loop ends.
 * Layer: formats. Owner: the body's; unescaped text is in the arena. One thread at a time.
 *
 *     struct json_pull pull = json_pull_of(arena, body);
 *     if (json_pull_enter_object(&pull)) {
 *         struct str key;
 *         while (json_pull_key(&pull, &key)) {     // each turn must take the value
 *             if (str_eq(key, STR("status"))) { json_pull_string(&pull, &status); }
 *             else { json_pull_value(&pull); }
 *         }
 *     }
 */
#include "formats/json_view.h"

struct json_pull {
    struct arena *arena;
    const char *p, *end;
};

/* Before the only value of the body. */
struct json_pull json_pull_of(struct arena *, struct str body);
/* Of the value that comes next. */
enum json_kind json_pull_kind(const struct json_pull *);

/* If an object (array) comes next, goes inside and says true: call json_pull_key (_item) until it
 * says false, which is behind the end. Otherwise takes the value and says false. */
bool json_pull_enter_object(struct json_pull *);
bool json_pull_enter_array(struct json_pull *);
/* True: a value is next, for an object the one of this key. */
bool json_pull_key(struct json_pull *, struct str *ret_key);
bool json_pull_item(struct json_pull *);

/* Takes the value whole. */
struct json_view json_pull_value(struct json_pull *);
/* Takes the value; false (and *ret untouched) when it is not a string. */
bool json_pull_string(struct json_pull *, struct str *ret);
