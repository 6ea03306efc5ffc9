#include "formats/json_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void json_begin(struct json_writer *w, struct strbuf *out)
{
    *w = (struct json_writer){.out = out};
}

void json_end(const struct json_writer *w)
{
    CHECK(w->depth == 0 && w->has_root);
}

static uint64_t top(const struct json_writer *w)
{
    return 1ULL << (w->depth - 1);
}

/* Before a key, or before a value that has none. */
static void separate(struct json_writer *w)
{
    if (w->has_items & top(w)) {
        strbuf_add_char(w->out, ',');
    }
    w->has_items |= top(w);
}

static void before_value(struct json_writer *w)
{
    if (w->depth == 0) {
        CHECK(!w->has_root);
        w->has_root = true;
    } else if (w->is_object & top(w)) {
        CHECK(w->is_after_key);
        w->is_after_key = false;
    } else {
        separate(w);
    }
}

static void open_level(struct json_writer *w, bool is_object)
{
    before_value(w);
    CHECK(w->depth < JSON_WRITE_DEPTH_MAX);
    w->depth++;
    w->is_object = is_object ? w->is_object | top(w) : w->is_object & ~top(w);
    w->has_items &= ~top(w);
    strbuf_add_char(w->out, is_object ? '{' : '[');
}

static void close_level(struct json_writer *w, bool is_object)
{
    CHECK(w->depth > 0 && !w->is_after_key && ((w->is_object & top(w)) != 0) == is_object);
    w->depth--;
    strbuf_add_char(w->out, is_object ? '}' : ']');
}

void json_begin_object(struct json_writer *w)
{
    open_level(w, true);
}

void json_end_object(struct json_writer *w)
{
    close_level(w, true);
}

void json_begin_array(struct json_writer *w)
{
    open_level(w, false);
}

void json_end_array(struct json_writer *w)
{
    close_level(w, false);
}

void json_key(struct json_writer *w, struct str key)
{
    CHECK(w->depth > 0 && (w->is_object & top(w)) && !w->is_after_key);
    separate(w);
    json_quote(w->out, key);
    strbuf_add_char(w->out, ':');
    w->is_after_key = true;
}

static void add_escaped(struct strbuf *out, unsigned char c)
{
    switch (c) {
    case '"':
        strbuf_add(out, STR("\\\""));
        break;
    case '\\':
        strbuf_add(out, STR("\\\\"));
        break;
    case '\n':
        strbuf_add(out, STR("\\n"));
        break;
    case '\r':
        strbuf_add(out, STR("\\r"));
        break;
    case '\t':
        strbuf_add(out, STR("\\t"));
        break;
    default:
        strbuf_printf(out, "\\u%04x", c);
        break;
    }
}

void json_quote(struct strbuf *out, struct str value)
{
    strbuf_add_char(out, '"');
    size_t from = 0; /* start of the run that needs no change */
    for (size_t i = 0; i < value.n;) {
        unsigned char c = (unsigned char)value.p[i];
        size_t len = str_utf8_len(value, i);
        if (len > 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            i += len;
            continue;
        }
        strbuf_add(out, str_slice(value, from, i));
        if (len == 0) {
            strbuf_add(out, STR("\xef\xbf\xbd"));
        } else {
            add_escaped(out, c);
        }
        from = ++i;
    }
    if (value.n > from) {
        strbuf_add(out, str_slice(value, from, value.n));
    }
    strbuf_add_char(out, '"');
}

void json_add_str(struct json_writer *w, struct str value)
{
    before_value(w);
    json_quote(w->out, value);
}

void json_add_int(struct json_writer *w, int64_t value)
{
    before_value(w);
    strbuf_printf(w->out, "%" PRId64, value);
}

void json_add_uint(struct json_writer *w, uint64_t value)
{
    before_value(w);
    strbuf_printf(w->out, "%" PRIu64, value);
}

void json_add_double(struct json_writer *w, double value)
{
    before_value(w);
    if (!isfinite(value)) {
        strbuf_add(w->out, STR("null"));
        return;
    }
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (!(back < value) && !(back > value)) {
            break;
        }
    }
    strbuf_add(w->out, str_from(text));
}

void json_add_bool(struct json_writer *w, bool value)
{
    before_value(w);
    strbuf_add(w->out, value ? STR("true") : STR("false"));
}

void json_add_null(struct json_writer *w)
{
    before_value(w);
    strbuf_add(w->out, STR("null"));
}

void json_add_raw(struct json_writer *w, struct str json)
{
    before_value(w);
    strbuf_add(w->out, json);
}

void json_put_str(struct json_writer *w, const char *key, struct str value)
{
    json_key(w, str_from(key));
    json_add_str(w, value);
}

void json_put_int(struct json_writer *w, const char *key, int64_t value)
{
    json_key(w, str_from(key));
    json_add_int(w, value);
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
    json_key(w, str_from(key));
    json_add_bool(w, value);
}

void json_put_raw(struct json_writer *w, const char *key, struct str json)
{
    json_key(w, str_from(key));
    json_add_raw(w, json);
}
