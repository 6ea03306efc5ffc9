#include "formats/template/html_edit.h"

struct text_edit {
    struct str text;
    size_t written; /* of it, to out */
    struct strbuf out;
};

static void keep_until(struct text_edit *t, size_t end)
{
    strbuf_add(&t->out, str_slice(t->text, t->written, end));
    t->written = end;
}

/* A "<" that begins no tag is text. */
static void mend_angles(struct text_edit *t, struct html_context before, struct html_context after,
                        size_t from, size_t end)
{
    if (after.state != before.state) {
        for (size_t i = end; i > from; i--) {
            if (t->text.p[i - 1] == '<') {
                end = i - 1;
                break;
            }
        }
    }
    for (size_t i = from; i < end; i++) {
        bool is_doctype = str_eq_nocase(str_slice(t->text, i, i + 9), STR("<!DOCTYPE"));
        if (t->text.p[i] == '<' && !is_doctype) {
            keep_until(t, i);
            strbuf_add(&t->out, STR("&lt;"));
            t->written = i + 1;
        }
    }
}

static void drop_comment(struct text_edit *t, struct html_context before, struct html_context after,
                         size_t end)
{
    if (html_is_comment(before.state) && before.delim == HTML_DELIM_NONE) {
        if (before.state == HTML_CSS_BLOCK_COMMENT) {
            strbuf_add_char(&t->out, ' ');
        }
        t->written = end;
    }
    if (before.state != after.state && html_is_comment(after.state) &&
        after.delim == HTML_DELIM_NONE) {
        keep_until(t, end - (after.state == HTML_COMMENT ? 4 : 2));
        t->written = end;
    }
}

struct html_context html_edit_text(struct arena *arena, struct html_context c, struct node *node,
                                   struct html_edit *ret)
{
    struct text_edit t = {.text = node->text};
    strbuf_init(&t.out, arena, node->text.n * 4 + 16);
    size_t at = 0, n;
    while (at < t.text.n) {
        struct html_context next =
            html_context_after(c, arena, str_slice(t.text, at, t.text.n), &n);
        if (c.state == HTML_TEXT || c.state == HTML_RCDATA) {
            mend_angles(&t, c, next, at, at + n);
        }
        drop_comment(&t, c, next, at + n);
        CHECK(n > 0 || next.state != c.state);
        c = next;
        at += n;
    }
    if (t.written > 0 && c.state != HTML_ERROR) {
        if (!html_is_comment(c.state) || c.delim != HTML_DELIM_NONE) {
            keep_until(&t, t.text.n);
        }
        *ret = (struct html_edit){.node = node, .text = strbuf_str(&t.out)};
    }
    return c;
}
