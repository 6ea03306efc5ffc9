#pragma once
/* html_context — where in an HTML document a piece of text ends, given where it began.
 *
 * The states and their names are those of Go's html/template, because they show in its error texts
 * and in the names of templates that are called from inside a tag. Scripts are passed over as they
 * are: nothing may be inserted there.
 * Layer: formats. Pure but for the arena of errors. Any thread. */
#include "formats/template/node.h"

#define HTML_STATES(X)                                                                             \
    X(HTML_TEXT, "stateText") /* between tags */                                                   \
    X(HTML_TAG, "stateTag")   /* before an attribute or the end of a tag */                        \
    X(HTML_ATTR_NAME, "stateAttrName")                                                             \
    X(HTML_AFTER_NAME, "stateAfterName")                                                           \
    X(HTML_BEFORE_VALUE, "stateBeforeValue")                                                       \
    X(HTML_COMMENT, "stateHTMLCmt")                                                                \
    X(HTML_RCDATA, "stateRCDATA") /* in a textarea or title */                                     \
    X(HTML_ATTR, "stateAttr")     /* in an attribute that is plain text */                         \
    X(HTML_URL, "stateURL")                                                                        \
    X(HTML_SRCSET, "stateSrcset")                                                                  \
    X(HTML_JS, "stateJS") /* a script or an event handler */                                       \
    X(HTML_CSS, "stateCSS")                                                                        \
    X(HTML_CSS_DQ_STR, "stateCSSDqStr")                                                            \
    X(HTML_CSS_SQ_STR, "stateCSSSqStr")                                                            \
    X(HTML_CSS_DQ_URL, "stateCSSDqURL")                                                            \
    X(HTML_CSS_SQ_URL, "stateCSSSqURL")                                                            \
    X(HTML_CSS_URL, "stateCSSURL")                                                                 \
    X(HTML_CSS_BLOCK_COMMENT, "stateCSSBlockCmt")                                                  \
    X(HTML_CSS_LINE_COMMENT, "stateCSSLineCmt")                                                    \
    X(HTML_ERROR, "stateError") /* for ever */                                                     \
    X(HTML_DEAD, "stateDead")   /* behind a break or continue */
ENUM_DECLARE(html_state, HTML_STATES)

/* What ends the attribute. */
#define HTML_DELIMS(X)                                                                             \
    X(HTML_DELIM_NONE, "delimNone")                                                                \
    X(HTML_DELIM_DOUBLE, "delimDoubleQuote")                                                       \
    X(HTML_DELIM_SINGLE, "delimSingleQuote")                                                       \
    X(HTML_DELIM_SPACE, "delimSpaceOrTagEnd")
ENUM_DECLARE(html_delim, HTML_DELIMS)

#define HTML_URL_PARTS(X)                                                                          \
    X(HTML_URL_NONE, "urlPartNone") /* at its start, or not in a URL */                            \
    X(HTML_URL_PRE_QUERY, "urlPartPreQuery")                                                       \
    X(HTML_URL_QUERY, "urlPartQueryOrFrag")                                                        \
    X(HTML_URL_UNKNOWN, "urlPartUnknown") /* one branch before the "?", one behind it */
ENUM_DECLARE(html_url_part, HTML_URL_PARTS)

#define HTML_ATTRS(X)                                                                              \
    X(HTML_ATTR_PLAIN, "attrNone")                                                                 \
    X(HTML_ATTR_SCRIPT, "attrScript")                                                              \
    X(HTML_ATTR_SCRIPT_TYPE, "attrScriptType")                                                     \
    X(HTML_ATTR_STYLE, "attrStyle")                                                                \
    X(HTML_ATTR_URL, "attrURL")                                                                    \
    X(HTML_ATTR_SRCSET, "attrSrcset")
ENUM_DECLARE(html_attr, HTML_ATTRS)

/* Elements whose content is not text. */
#define HTML_ELEMENTS(X)                                                                           \
    X(HTML_ELEMENT_NONE, "elementNone")                                                            \
    X(HTML_ELEMENT_SCRIPT, "elementScript")                                                        \
    X(HTML_ELEMENT_STYLE, "elementStyle")                                                          \
    X(HTML_ELEMENT_TEXTAREA, "elementTextarea")                                                    \
    X(HTML_ELEMENT_TITLE, "elementTitle")
ENUM_DECLARE(html_element, HTML_ELEMENTS)

struct html_error {
    const struct node *node; /* where, or NULL */
    size_t line;             /* where, if there is no node; 0: nowhere */
    struct str text;
};

struct html_context {
    enum html_state state;
    enum html_delim delim;
    enum html_url_part url_part;
    enum html_attr attr;
    enum html_element element;
    const struct node *node;  /* of a break or continue; does not count for equality */
    struct html_error *error; /* ERROR */
};

bool html_context_eq(struct html_context, struct html_context);
/* "{stateTag delimNone …}" */
void html_context_add(struct strbuf *out, struct html_context);
/* Comments are for authors: they are left out. */
bool html_is_comment(enum html_state);
/* The context behind the first piece of the text; *ret_n is how much of it that was, possibly 0 if
 * the state changed. */
struct html_context html_context_after(struct html_context, struct arena *, struct str text,
                                       size_t *ret_n);
/* The context of a value that begins right here: an attribute's name, or its value without quotes.
 */
struct html_context html_context_nudge(struct html_context);
struct html_context html_context_error(struct arena *, const struct node *, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* An error that quotes a text, and with `between` one more. */
struct html_context html_context_bad(struct arena *, const char *before, struct str text,
                                     const char *between, struct str more);
/* The state in the value of such an attribute. */
enum html_state html_value_state(enum html_attr);

/* html_tag.c. As html_context_after, for text that is not in an attribute's value and does not
 * reach the end of a special element. */
struct html_context html_transition(struct html_context, struct arena *, struct str text,
                                    size_t *ret_n);
/* The first byte that ends an attribute so delimited, or SIZE_MAX. */
size_t html_find_delim(enum html_delim, struct str text);

/* Where "</name" of that element begins, or SIZE_MAX. */
size_t html_find_end_tag(enum html_element, struct str text);

/* html_css.c: the states of style sheets. */
struct html_context html_css_transition(struct html_context, struct arena *, struct str text,
                                        size_t *ret_n);
/* A URL goes on: its part. */
void html_url_goes_on(struct html_context *, struct str text);
