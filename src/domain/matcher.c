#include "domain/matcher.h"

ENUM_DEFINE(matcher_op, MATCHER_OPS)

bool matcher_matches(const struct matcher *m, struct labels labels)
{
    struct str value = labels_get(labels, m->name);
    switch (m->op) {
    case MATCHER_EQ:
        return str_eq(value, m->value);
    case MATCHER_NE:
        return !str_eq(value, m->value);
    case MATCHER_RE:
        return m->pattern->matches(m->pattern, value);
    case MATCHER_NRE:
        return !m->pattern->matches(m->pattern, value);
    case matcher_op_COUNT:
        break;
    }
    UNREACHABLE("matcher operator");
}

bool matchers_match(struct matchers matchers, struct labels labels)
{
    for (size_t i = 0; i < matchers.n; i++) {
        if (!matcher_matches(&matchers.v[i], labels)) {
            return false;
        }
    }
    return true;
}
