#pragma once
/* html_filters — what makes a value fit for its place in an HTML document.
 *
 * Layer: formats. Pure but for the buffer's arena. Any thread. */
#include "formats/template/value.h"

#define HTML_FILTERS(X)                                                                            \
    X(HTML_FILTER_TEXT, "htmlescaper")         /* between tags */                                  \
    X(HTML_FILTER_RCDATA, "rcdataescaper")     /* in a textarea or title */                        \
    X(HTML_FILTER_ATTR, "attrescaper")         /* in a quoted attribute */                         \
    X(HTML_FILTER_NOSPACE, "nospaceescaper")   /* in an unquoted one */                            \
    X(HTML_FILTER_NAME, "htmlnamefilter")      /* an attribute's name */                           \
    X(HTML_FILTER_COMMENT, "commentescaper")   /* nothing */                                       \
    X(HTML_FILTER_URL, "urlfilter")            /* only http, https, mailto and relative ones */    \
    X(HTML_FILTER_URL_NORMAL, "urlnormalizer") /* what may not stand in a URL */                   \
    X(HTML_FILTER_URL_PART, "urlescaper")      /* all that means something in a URL */             \
    X(HTML_FILTER_SRCSET, "srcsetescaper")                                                         \
    X(HTML_FILTER_CSS_VALUE, "cssvaluefilter")                                                     \
    X(HTML_FILTER_CSS_STRING, "cssescaper")                                                        \
    X(HTML_FILTER_FUNC_HTML, "html")         /* the functions that templates call, in place of */  \
    X(HTML_FILTER_FUNC_URLQUERY, "urlquery") /* a filter that does the same */
ENUM_DECLARE(html_filter, HTML_FILTERS)

/* The value through the filters, in order, and out. */
void html_filters_apply(struct strbuf *out, const struct value *, const unsigned char *filters,
                        size_t n);
