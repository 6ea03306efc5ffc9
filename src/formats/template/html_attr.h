#pragma once
/* html_attr — what the value of an attribute is, by the attribute's name.
 * Layer: formats. Pure. Any thread. */
#include "base/str.h"

enum html_content {
    HTML_CONTENT_PLAIN,
    HTML_CONTENT_CSS,
    HTML_CONTENT_HTML,
    HTML_CONTENT_JS,
    HTML_CONTENT_URL,
    HTML_CONTENT_SRCSET,
    HTML_CONTENT_UNSAFE, /* changes what other attributes mean: never from data */
};

/* The name in small letters. Names that are not known are judged by what they look like. */
enum html_content html_attr_content(struct str name);
