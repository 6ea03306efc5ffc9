/* The source line and the underline of yaml_tree.h. */
#include "formats/yaml_tree.h"

enum { WIDTH_MAX = 120, LEAD = 60, COL_MAX = 1 << 20 };

static struct str find_line(struct str text, unsigned line)
{
    struct str rest = text;
    if (str_starts_with(rest, STR("\xef\xbb\xbf"))) {
        rest = str_slice(rest, 3, rest.n);
    }
    for (unsigned i = 1; rest.p; i++) {
        struct str found = str_cut(&rest, '\n');
        if (i == line) {
            return found.n && found.p[found.n - 1] == '\r' ? str_slice(found, 0, found.n - 1)
                                                           : found;
        }
    }
    return STR_EMPTY;
}

/* One character of the source, made safe for a terminal. Returns its bytes in the source. */
static size_t add_shown(struct strbuf *out, struct str line, size_t at)
{
    unsigned char c = (unsigned char)line.p[at];
    size_t len = str_utf8_len(line, at);
    if (len == 0) {
        strbuf_add(out, STR("\xef\xbf\xbd"));
        return 1;
    }
    /* C1 controls (U+0080–U+009F) drive terminals too. */
    bool is_c1 = len == 2 && c == 0xc2 && (unsigned char)line.p[at + 1] < 0xa0;
    if (c < 0x20 || c == 0x7f || is_c1) {
        strbuf_add_char(out, ' ');
    } else {
        strbuf_add(out, str_slice(line, at, at + len));
    }
    return len;
}

struct str yaml_excerpt(struct arena *arena, struct str text, unsigned line, unsigned col,
                        unsigned len)
{
    struct str source = find_line(text, line);
    col = col == 0 ? 1 : col > COL_MAX ? COL_MAX : col;
    unsigned first = col > LEAD * 2 ? col - LEAD : 1; /* first column shown */
    struct strbuf out;
    strbuf_init(&out, arena, 16 * 1024);
    strbuf_printf(&out, "%5u | %s", line, first > 1 ? "…" : "");
    unsigned at_col = 1;
    for (size_t i = 0; i < source.n; at_col++) {
        if (at_col >= first + WIDTH_MAX + LEAD) {
            strbuf_add(&out, STR("…"));
            break;
        }
        if (at_col >= first) {
            i += add_shown(&out, source, i);
        } else {
            size_t n = str_utf8_len(source, i);
            i += n ? n : 1;
        }
    }
    strbuf_add(&out, STR("\n      | "));
    unsigned lead = col - first + (first > 1 ? 1 : 0);
    for (unsigned i = 0; i < lead; i++) {
        strbuf_add_char(&out, ' ');
    }
    strbuf_add_char(&out, '^');
    /* Never beyond the end of the line, so that a bad length cannot draw a novel. */
    for (unsigned i = 1; i < len && col + i < at_col; i++) {
        strbuf_add_char(&out, '~');
    }
    return strbuf_str(&out);
}
