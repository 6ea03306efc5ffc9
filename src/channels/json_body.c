#include "channels/json_body.h"

static int append(const char *p, size_t n, void *arg)
{
    strbuf_add(arg, (struct str){p, n});
    return 0;
}

struct str json_body_write(struct arena *a, json_t *taken)
{
    CHECK(taken);
    struct strbuf b;
    strbuf_init(&b, a, JSON_WRITE_MAX);
    CHECK(json_dump_callback(taken, append, &b, JSON_COMPACT) == 0);
    json_decref(taken);
    CHECK(!b.is_full); /* channels bound every text that goes in */
    return strbuf_str(&b);
}

static void release(void *value)
{
    json_decref(value);
}

json_t *json_body_read(struct arena *a, struct str text)
{
    if (text.n > JSON_BODY_MAX) {
        return NULL;
    }
    json_t *value = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    if (value) {
        arena_defer(a, release, value);
    }
    return value;
}

json_t *json_body_text(struct str s)
{
    json_t *text = json_stringn(s.p, s.n);
    CHECK(text);
    return text;
}

struct str json_body_member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value)) {
        return STR_EMPTY;
    }
    return (struct str){json_string_value(value), json_string_length(value)};
}
