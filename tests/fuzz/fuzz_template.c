/* Any template over hostile data, as text and as HTML: nothing crashes, nothing goes on for long,
 * and in HTML no value opens a tag or an attribute.
 *
 * Input: a byte, then the text; up to a NUL it is a file of the set instead. Bit 0 of the byte: as
 * HTML. A template may do anything it likes in its own text, so what it must not do is looked for
 * by words that only the data has: no tag is called `evil`, no attribute `onevil`. */
#include "channels/template_data.h"
#include "formats/template/types.h"

#include <string.h>

enum { OUTPUT_MAX = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- what a browser makes of it ------------------------------------------------------------- */

struct reader {
    struct str s;
    size_t at;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_letter(char c)
{
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'z';
}

static bool is_more(const struct reader *r)
{
    return r->at < r->s.n;
}

static struct str take_until(struct reader *r, const char *ends)
{
    size_t begin = r->at;
    while (is_more(r) && (r->s.p[r->at] == '\0' || !strchr(ends, r->s.p[r->at]))) {
        r->at++;
    }
    return str_slice(r->s, begin, r->at);
}

static void skip_spaces(struct reader *r)
{
    while (is_more(r) && is_space(r->s.p[r->at])) {
        r->at++;
    }
}

static void skip_value(struct reader *r)
{
    skip_spaces(r);
    char quote = is_more(r) ? r->s.p[r->at] : '\0';
    if (quote != '"' && quote != '\'') {
        take_until(r, " \t\n\r\f>");
        return;
    }
    r->at++;
    take_until(r, quote == '"' ? "\"" : "'");
    r->at += is_more(r);
}

static bool starts_evil(struct str name, const char *evil)
{
    struct str word = str_from(evil);
    return name.n >= word.n && str_eq_nocase(str_slice(name, 0, word.n), word);
}

static void read_attributes(struct reader *r)
{
    for (;;) {
        skip_spaces(r);
        if (!is_more(r) || r->s.p[r->at] == '>') {
            return;
        }
        size_t begin = r->at;
        struct str name = take_until(r, " \t\n\r\f=>/");
        CHECK(!starts_evil(name, "onevil"));
        skip_spaces(r);
        if (is_more(r) && r->s.p[r->at] == '=') {
            r->at++;
            skip_value(r);
        } else if (r->at == begin) {
            r->at++;
        }
    }
}

/* Content that is not looked at for tags: up to "</name". */
static void skip_content(struct reader *r, struct str name)
{
    for (; is_more(r); r->at++) {
        struct str rest = str_slice(r->s, r->at, r->s.n);
        size_t end = 2 + name.n;
        if (str_starts_with(rest, STR("</")) && str_eq_nocase(str_slice(rest, 2, end), name) &&
            end < rest.n && (is_space(rest.p[end]) || rest.p[end] == '>' || rest.p[end] == '/')) {
            return;
        }
    }
}

/* As html/template has it: a browser takes "a_b='" for a name, too, but what is written like that
 * is the template's own trouble. */
static struct str take_tag_name(struct reader *r)
{
    size_t begin = r->at;
    while (is_more(r) && r->s.p[r->at] != '\0' &&
           (is_letter(r->s.p[r->at]) || strchr("0123456789:-", r->s.p[r->at]))) {
        r->at++;
    }
    return str_slice(r->s, begin, r->at);
}

static void look_for_evil(struct str html)
{
    static const char *const opaque[] = {"script", "style", "textarea", "title"};
    struct reader r = {.s = html};
    while (take_until(&r, "<"), is_more(&r)) {
        size_t name_at = r.at + 1 < html.n && html.p[r.at + 1] == '/' ? r.at + 2 : r.at + 1;
        bool is_start = name_at == r.at + 1;
        r.at = name_at;
        if (name_at >= html.n || !is_letter(html.p[name_at])) {
            continue;
        }
        struct str name = take_tag_name(&r);
        CHECK(!starts_evil(name, "evil"));
        read_attributes(&r);
        for (size_t i = 0; i < 4 && is_start; i++) {
            if (str_eq_nocase(name, str_from(opaque[i]))) {
                skip_content(&r, name);
            }
        }
    }
}

/* --- the data ------------------------------------------------------------------------------- */

static const char hostile[] =
    "{\"receiver\": \"\\\"'><evil onevil=1>\", \"status\": \"evil\", \"externalURL\": "
    "\"javascript:evil\","
    " \"alerts\": [{\"status\": \"firing\", \"labels\": {\"alertname\": \"<evil onevil=x>\","
    " \"a\": \"' onevil='\", \"b\": \"\\\" onevil=\\\"\", \"c\": \" onevil=x \", \"d\": "
    "\"--><evil>\","
    " \"e\": \"</style><evil>\", \"f\": \"onevil\", \"g\": \"evil \\u0000onevil\\f=\","
    " \"h\": \"</title></textarea></script><evil>\", \"i\": \"`onevil=`\", \"j\": \"/evil\"},"
    " \"annotations\": {\"onevil\": \"1\"}, \"startsAt\": \"2026-03-04T10:15:30+01:00\"},"
    " {\"status\": \"resolved\", \"generatorURL\": \"/>'\\\" onevil=x\"}], \"groupLabels\": "
    "{\"x\": \"1\"},"
    " \"incident\": {\"number\": 7, \"title\": \"&lt;evil onevil=&gt;\", \"links\": {\"ack\": "
    "\"//evil\"}}}";

/* Nobody vouches for anything here. */
static bool as_it_is(struct template_call *call)
{
    return call_return(call, value_str(call->args[0].s));
}

static const struct gotime_zone *find_zone(void *context, struct str name)
{
    static const struct gotime_zone zone = {
        .kind = GOTIME_FIXED, .name = {"EVIL", 4}, .offset = -12345};
    (void)context;
    return name.n > 3 ? &zone : NULL;
}

static bool has_evil(struct str text)
{
    for (size_t i = 0; i + 4 <= text.n; i++) {
        if (str_eq_nocase(str_slice(text, i, i + 4), STR("evil"))) {
            return true;
        }
    }
    return false;
}

static void render(struct arena *arena, struct str file, struct str text, enum template_mode mode)
{
    static const struct value_type *const in[] = {&type_string};
    static const struct template_func funcs[] = {
        {.name = {"safeHtml", 8}, .in = in, .n_in = 1, .run = as_it_is},
        {.name = {"safeUrl", 7}, .in = in, .n_in = 1, .run = as_it_is}};
    struct template_set *set = template_set_new(arena, funcs, 2);
    const struct template *template;
    struct template_error error = {0};
    struct value data;
    struct strbuf out;
    CHECK(template_data_read(arena, (struct str){hostile, sizeof(hostile) - 1}, &gotime_utc, &data,
                             NULL) == OK);
    struct template_env env = {.now = {1772700000, 1, &gotime_utc},
                               .local = &gotime_utc,
                               .find_zone = find_zone,
                               .data = &data,
                               .limits = {.steps = 20000, .text = 16384, .memory = 4 << 20}};
    if (template_set_add(set, STR("a.tmpl"), file, &error) != OK) {
        CHECK(error.text.n > 0 && error.what.n > 0);
        return;
    }
    if (template_set_check(set, arena, mode, &error) != OK) {
        CHECK(error.text.n > 0);
    }
    strbuf_init(&out, arena, OUTPUT_MAX);
    if (template_compile(set, arena, text, mode, &template, &error) != OK ||
        template_render(template, &data, &env, arena, &out, &error) != OK) {
        CHECK(error.text.n > 0 && error.code != OK);
    } else if (mode == TEMPLATE_HTML && !has_evil(text) && !has_evil(file)) {
        look_for_evil(strbuf_str(&out));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct str text = {(const char *)data + 1, size - 1}, file = STR_EMPTY;
    size_t nul = str_find(text, '\0', 0);
    if (nul != SIZE_MAX) {
        file = str_slice(text, 0, nul);
        text = str_slice(text, nul + 1, text.n);
    }
    struct arena arena;
    arena_init(&arena);
    render(&arena, file, text, data[0] & 1 ? TEMPLATE_HTML : TEMPLATE_TEXT);
    arena_release(&arena);
    return 0;
}
