#include "formats/template/html_attr.h"

#include <string.h>

/* Attributes of HTML that are more than text. */
static const struct {
    const char *name;
    enum html_content content;
} known[] = {
    {"accept-charset", HTML_CONTENT_UNSAFE},
    {"action", HTML_CONTENT_URL},
    {"archive", HTML_CONTENT_URL},
    {"async", HTML_CONTENT_UNSAFE},
    {"background", HTML_CONTENT_URL},
    {"challenge", HTML_CONTENT_UNSAFE},
    {"charset", HTML_CONTENT_UNSAFE},
    {"cite", HTML_CONTENT_URL},
    {"classid", HTML_CONTENT_URL},
    {"codebase", HTML_CONTENT_URL},
    {"content", HTML_CONTENT_UNSAFE},
    {"crossorigin", HTML_CONTENT_UNSAFE},
    {"data", HTML_CONTENT_URL},
    {"defer", HTML_CONTENT_UNSAFE},
    {"enctype", HTML_CONTENT_UNSAFE},
    {"form", HTML_CONTENT_UNSAFE},
    {"formaction", HTML_CONTENT_URL},
    {"formenctype", HTML_CONTENT_UNSAFE},
    {"formmethod", HTML_CONTENT_UNSAFE},
    {"formnovalidate", HTML_CONTENT_UNSAFE},
    {"href", HTML_CONTENT_URL},
    {"http-equiv", HTML_CONTENT_UNSAFE},
    {"icon", HTML_CONTENT_URL},
    {"keytype", HTML_CONTENT_UNSAFE},
    {"language", HTML_CONTENT_UNSAFE},
    {"longdesc", HTML_CONTENT_URL},
    {"manifest", HTML_CONTENT_URL},
    {"method", HTML_CONTENT_UNSAFE},
    {"novalidate", HTML_CONTENT_UNSAFE},
    {"pattern", HTML_CONTENT_UNSAFE},
    {"poster", HTML_CONTENT_URL},
    {"profile", HTML_CONTENT_URL},
    {"rel", HTML_CONTENT_UNSAFE},
    {"sandbox", HTML_CONTENT_UNSAFE},
    {"src", HTML_CONTENT_URL},
    {"srcdoc", HTML_CONTENT_HTML},
    {"srcset", HTML_CONTENT_SRCSET},
    {"style", HTML_CONTENT_CSS},
    {"type", HTML_CONTENT_UNSAFE},
    {"usemap", HTML_CONTENT_URL},
    {"value", HTML_CONTENT_UNSAFE},
    {"xmlns", HTML_CONTENT_URL},
};

enum html_content html_attr_content(struct str name)
{
    size_t colon = str_find(name, ':', 0);
    if (str_starts_with(name, STR("data-"))) {
        name = str_slice(name, 5, name.n);
    } else if (colon != SIZE_MAX) {
        if (str_eq(str_slice(name, 0, colon), STR("xmlns"))) {
            return HTML_CONTENT_URL;
        }
        name = str_slice(name, colon + 1, name.n); /* svg:href */
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (str_eq(name, str_from(known[i].name))) {
            return known[i].content;
        }
    }
    if (str_starts_with(name, STR("on"))) {
        return HTML_CONTENT_JS;
    }
    bool looks_like_url = str_contains(name, STR("src")) || str_contains(name, STR("uri")) ||
                          str_contains(name, STR("url"));
    return looks_like_url ? HTML_CONTENT_URL : HTML_CONTENT_PLAIN;
}
