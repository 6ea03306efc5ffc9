#include "channels/json_pen.h"

#include "channels/clean.h"
#include "formats/template/gofmt.h"
#include "formats/template/gojson.h"
#include "formats/template/types.h"

#include <string.h>

enum { VALUE_MAX_BYTES = 1 << 20 };

/* --- the template's own text ------------------------------------------------------------------ */

static void note_structure(struct json_pen *pen, char c)
{
    if (c == '"') {
        pen->is_in_string = true;
        pen->n_last = 0;
    } else if (c == ':') {
        pen->is_text = pen->n_last == 4 && memcmp(pen->last, "text", 4) == 0;
    } else if (c == ',' || c == '{' || c == '}') {
        pen->is_text = false;
    }
}

static void note_string(struct json_pen *pen, char c)
{
    if (pen->is_escaped) {
        pen->is_escaped = false;
    } else if (c == '\\') {
        pen->is_escaped = true;
    } else if (c == '"') {
        pen->is_in_string = false;
        return;
    }
    if (pen->n_last < JSON_PEN_KEY_MAX) {
        pen->last[pen->n_last++] = c;
    }
}

static void add_text(struct template_writer *writer, struct strbuf *out, struct str text)
{
    struct json_pen *pen = (struct json_pen *)writer;
    size_t written = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!pen->is_in_string) {
            note_structure(pen, c);
        } else if (c == '\n') {
            strbuf_add(out, str_slice(text, written, i));
            strbuf_add(out, STR("\\n"));
            written = i + 1;
        } else {
            note_string(pen, c);
        }
    }
    strbuf_add(out, str_slice(text, written, text.n));
}

/* --- values ----------------------------------------------------------------------------------- */

static void add_escaped(struct strbuf *out, struct str text)
{
    size_t written = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        strbuf_add(out, str_slice(text, written, i));
        written = i + 1;
        if (c == '\n') {
            strbuf_add(out, STR("\\n"));
        } else if (c < 0x20) {
            strbuf_printf(out, "\\u%04x", c);
        } else {
            strbuf_add_char(out, '\\');
            strbuf_add_char(out, (char)c);
        }
    }
    strbuf_add(out, str_slice(text, written, text.n));
}

/* A template of text says "<no value>" for nothing; a message rather says nothing. */
static struct str text_of(struct arena *arena, const struct value *value)
{
    struct strbuf text;
    if (!value->type) {
        return STR_EMPTY;
    }
    if (value->type->kind == VALUE_STRING && !value->type->add_text) {
        return value->s;
    }
    strbuf_init(&text, arena, VALUE_MAX_BYTES);
    gofmt_value(&text, value);
    return strbuf_str(&text);
}

static void add_in_string(struct json_pen *pen, struct strbuf *out, const struct value *value)
{
    struct str text = text_of(pen->arena, value);
    if (pen->is_slack && pen->is_text && value->type != &type_html) {
        struct strbuf escaped;
        strbuf_init(&escaped, pen->arena, text.n * 5 + 8);
        clean_escape(&escaped, text, false);
        text = strbuf_str(&escaped);
    }
    add_escaped(out, text);
}

static void add_value(struct template_writer *writer, struct strbuf *out, const struct value *value)
{
    struct json_pen *pen = (struct json_pen *)writer;
    struct strbuf why;
    if (pen->is_in_string) {
        add_in_string(pen, out, value);
        return;
    }
    strbuf_init(&why, pen->arena, 1024);
    if (!value->type || !gojson_add(out, value, &why)) {
        strbuf_add(out, STR("null"));
    }
}

void json_pen_init(struct json_pen *pen, struct arena *arena, bool is_slack)
{
    *pen = (struct json_pen){.writer = {add_text, add_value}, .arena = arena, .is_slack = is_slack};
}

/* --- mrkdwn ----------------------------------------------------------------------------------- */

static void add_as_it_is(struct template_writer *writer, struct strbuf *out, struct str text)
{
    (void)writer;
    strbuf_add(out, text);
}

static void add_mrkdwn(struct template_writer *writer, struct strbuf *out,
                       const struct value *value)
{
    (void)writer;
    struct arena arena;
    arena_init(&arena);
    struct str text = text_of(&arena, value);
    if (value->type == &type_html) {
        strbuf_add(out, text);
    } else {
        clean_escape(out, text, false);
    }
    arena_release(&arena);
}

const struct template_writer mrkdwn_writer = {add_as_it_is, add_mrkdwn};
