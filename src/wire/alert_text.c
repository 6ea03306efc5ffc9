#include "wire/alert_text.h"

#include "base/vec.h"
#include "formats/json_pull.h"
#include "formats/json_scan.h"
#include "formats/json_write.h"

#include <string.h>

/* Printable ASCII without quote and backslash goes out as it is; most label text is that. */
static bool is_clean(struct str s)
{
    const uint64_t ones = 0x0101010101010101ULL;
    uint64_t marks = 0;
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        uint64_t v;
        memcpy(&v, s.p + i, 8);
        uint64_t quote = v ^ (ones * '"'), slash = v ^ (ones * '\\'), del = v ^ (ones * 0x7f);
        marks |= (v - ones * 0x20) | (quote - ones) | (slash - ones) | (del - ones) | v;
    }
    marks &= ones * 0x80;
    for (; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        marks |= c < 0x20 || c >= 0x7f || c == '"' || c == '\\';
    }
    return marks == 0;
}

static char *put(char *out, const char *p, size_t n)
{
    memcpy(out, p, n);
    return out + n;
}

/* Behind what was written, or NULL when something has to be escaped. */
static char *put_quoted(char *out, struct str s)
{
    if (!is_clean(s)) {
        return NULL;
    }
    *out++ = '"';
    out = put(out, s.p, s.n);
    *out++ = '"';
    return out;
}

static struct str format_escaped(struct arena *arena, struct labels labels, size_t max)
{
    struct strbuf out;
    strbuf_init(&out, arena, max);
    strbuf_add_char(&out, '{');
    for (size_t i = 0; i < labels.n; i++) {
        if (i > 0) {
            strbuf_add_char(&out, ',');
        }
        json_quote(&out, labels.v[i].name);
        strbuf_add_char(&out, ':');
        json_quote(&out, labels.v[i].value);
    }
    strbuf_add_char(&out, '}');
    CHECK(!out.is_full);
    return strbuf_str(&out);
}

struct str labels_format_json(struct arena *arena, struct labels labels)
{
    size_t text = 0;
    for (size_t i = 0; i < labels.n; i++) {
        text += labels.v[i].name.n + labels.v[i].value.n;
    }
    size_t frame = 2 + 6 * labels.n; /* braces; quotes, colon, comma */
    char *start = arena_alloc(arena, text + frame + 1);
    char *out = start;
    *out++ = '{';
    for (size_t i = 0; i < labels.n; i++) {
        if (i > 0) {
            *out++ = ',';
        }
        out = put_quoted(out, labels.v[i].name);
        if (out) {
            *out++ = ':';
            out = put_quoted(out, labels.v[i].value);
        }
        if (!out) { /* six times as long when every byte is escaped */
            return format_escaped(arena, labels, 6 * text + frame);
        }
    }
    *out++ = '}';
    return (struct str){start, (size_t)(out - start)};
}

enum status labels_parse_json(struct arena *arena, struct str text, struct labels *ret,
                              struct err *err)
{
    enum status status = json_scan(text, NULL, err);
    if (status != OK) {
        return status;
    }
    VEC(struct label) labels = {0};
    struct label label;
    struct json_pull pull = json_pull_of(arena, text);
    if (!json_pull_enter_object(&pull)) {
        return err_set(err, ERR_INVALID, "labels are not a JSON object");
    }
    while (json_pull_key(&pull, &label.name)) {
        bool is_null = json_pull_kind(&pull) == JSON_KIND_NULL;
        if (json_pull_kind(&pull) == JSON_KIND_STRING) {
            json_pull_string(&pull, &label.value);
        } else {
            struct json_view other = json_pull_value(&pull);
            label.value = is_null ? STR_EMPTY : other.text;
        }
        VEC_PUSH(arena, &labels, label);
    }
    *ret = labels_make(arena, labels.v, labels.n);
    return OK;
}
