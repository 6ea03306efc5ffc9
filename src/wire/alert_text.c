#include "wire/alert_text.h"

#include "base/vec.h"
#include "formats/json_pull.h"
#include "formats/json_scan.h"
#include "formats/json_write.h"

/* Printable ASCII without quote and backslash goes out as it is; most label text is that. */
static bool is_clean(struct str s)
{
    unsigned odd = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        odd |= (unsigned)(c < 0x20) | (unsigned)(c >= 0x7f) | (unsigned)(c == '"') |
               (unsigned)(c == '\\');
    }
    return odd == 0;
}

static void add_quoted(struct strbuf *out, struct str s)
{
    if (is_clean(s)) {
        strbuf_add_char(out, '"');
        strbuf_add(out, s);
        strbuf_add_char(out, '"');
    } else {
        json_quote(out, s);
    }
}

struct str labels_format_json(struct arena *arena, struct labels labels)
{
    size_t max = 2; /* six times as long when every byte is escaped */
    for (size_t i = 0; i < labels.n; i++) {
        max += 6 * (labels.v[i].name.n + labels.v[i].value.n) + 6;
    }
    struct strbuf out;
    strbuf_init(&out, arena, max);
    strbuf_add_char(&out, '{');
    for (size_t i = 0; i < labels.n; i++) {
        if (i > 0) {
            strbuf_add_char(&out, ',');
        }
        add_quoted(&out, labels.v[i].name);
        strbuf_add_char(&out, ':');
        add_quoted(&out, labels.v[i].value);
    }
    strbuf_add_char(&out, '}');
    CHECK(!out.is_full);
    return strbuf_str(&out);
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
