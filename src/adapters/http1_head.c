#include "adapters/http1_head.h"

#include <string.h>

size_t http1_head_len(struct str s)
{
    size_t at = 0;
    while (at < s.n && (s.p[at] == '\r' || s.p[at] == '\n')) {
        at++; /* empty lines before a request are tolerated */
    }
    for (;;) {
        size_t nl = str_find(s, '\n', at);
        if (nl == SIZE_MAX) {
            return 0;
        }
        if ((nl == at || (nl == at + 1 && s.p[at] == '\r'))) {
            return nl + 1;
        }
        at = nl + 1;
    }
}

const char *http1_head_fault(struct str head)
{
    unsigned n_length = 0, n_encoding = 0, n_host = 0;
    struct str rest = head;
    str_cut(&rest, '\n'); /* the request line */
    while (rest.p) {
        struct str line = str_cut(&rest, '\n');
        if (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t')) {
            return "folded header line";
        }
        struct str value = line;
        struct str name = str_cut(&value, ':');
        n_length += str_eq_nocase(name, STR("content-length"));
        n_encoding += str_eq_nocase(name, STR("transfer-encoding"));
        n_host += str_eq_nocase(name, STR("host"));
    }
    if (n_length > 1 || n_encoding > 1 || n_length + n_encoding > 1) {
        return "more than one body length";
    }
    return n_host > 1 ? "more than one host" : NULL;
}
