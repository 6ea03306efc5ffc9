#include "flows/web_page.h"

#include "formats/html_escape.h"

enum { PAGE_MAX = 256 * 1024, TEXT_SHOWN = 500 };

#define PAGE_STYLE                                                                                 \
    "body{font:17px/1.45 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1a1d21}"          \
    "main{max-width:36rem;margin:0 auto;padding:1rem}"                                             \
    "h1{font-size:1.35rem;margin:.4rem 0;overflow-wrap:anywhere}"                                  \
    ".card{background:#fff;border-radius:12px;padding:1rem;margin:.8rem 0;"                        \
    "box-shadow:0 1px 3px rgba(0,0,0,.15)}"                                                        \
    ".state{display:inline-block;border-radius:6px;padding:.15rem .6rem;font-weight:600;"          \
    "color:#fff;background:#57606a}"                                                               \
    ".open{background:#c62828}.acknowledged{background:#9a6700}.resolved{background:#1a7f37}"      \
    "button{display:block;width:100%;min-height:64px;font-size:1.25rem;font-weight:700;"           \
    "border:0;border-radius:12px;background:#1f6feb;color:#fff}"                                   \
    "button:focus-visible{outline:4px solid #f0b400}"                                              \
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem .8rem;margin:0}"             \
    "dt{color:#57606a}dd{margin:0;overflow-wrap:anywhere}li{overflow-wrap:anywhere}"               \
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}"                     \
    ".card{background:#161b22;box-shadow:none}dt{color:#8b949e}}"

/* The policy names the page's one style by being the only inline thing allowed; no script at all.
 */
#define PAGE_CSP                                                                                   \
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "  \
    "base-uri 'none'"

void web_page_add(struct web_page *p, const char *html)
{
    strbuf_add(&p->out, str_from(html));
}

void web_page_escaped(struct web_page *p, struct str s)
{
    html_escape(&p->out, str_clip_utf8(s, TEXT_SHOWN));
}

void web_page_begin(struct web_page *p, struct arena *arena, const char *language)
{
    p->arena = arena;
    strbuf_init(&p->out, arena, PAGE_MAX);
    strbuf_printf(&p->out, "<!doctype html><html lang=\"%s\">", language);
    web_page_add(p, "<head><meta charset=\"utf-8\">"
                    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                    "<meta name=\"robots\" content=\"noindex\">"
                    "<meta name=\"color-scheme\" content=\"light dark\">"
                    "<title>alertify</title><style>" PAGE_STYLE "</style></head><body><main>");
}

void web_page_row(struct web_page *p, const char *name, struct str value)
{
    if (value.n) {
        strbuf_printf(&p->out, "<dt>%s</dt><dd>", name);
        web_page_escaped(p, value);
        web_page_add(p, "</dd>");
    }
}

void web_page_form(struct web_page *p, struct str nonce, const char *button)
{
    web_page_add(p, "<form method=\"post\"><input type=\"hidden\" name=\"nonce\" value=\"");
    web_page_escaped(p, nonce);
    strbuf_printf(&p->out, "\"><button type=\"submit\">%s</button></form>", button);
}

void web_page_answer(struct web_page *p, struct exchange *exchange, int status)
{
    static const struct exchange_header headers[] = {
        {{"content-security-policy", 23}, {PAGE_CSP, sizeof(PAGE_CSP) - 1}}};
    web_page_add(p, "</main></body></html>\n");
    exchange_answer(exchange,
                    &(struct exchange_reply){.status = status,
                                             .content_type = STR("text/html; charset=utf-8"),
                                             .body = strbuf_str(&p->out),
                                             .headers = headers,
                                             .n_headers = 1});
}
