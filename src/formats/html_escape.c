#include "formats/html_escape.h"

/* What stands for the byte; NULL if it stays. */
static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&#34;";
    case '\'':
        return "&#39;";
    case '\0':
        return "\xef\xbf\xbd";
    default:
        return NULL;
    }
}

void html_escape(struct strbuf *out, struct str text)
{
    for (size_t i = 0; i < text.n;) {
        size_t len = str_utf8_len(text, i);
        const char *instead = len ? entity(text.p[i]) : "\xef\xbf\xbd";
        strbuf_add(out, instead ? str_from(instead) : str_slice(text, i, i + len));
        i += len ? len : 1;
    }
}
