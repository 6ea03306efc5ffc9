#include "flows/patience.h"

enum { CONFLICTS_MAX = 10 };

void patience_restore(struct patience *p)
{
    *p = PATIENCE(p->usual);
}

void patience_succeeded(struct patience *p)
{
    p->conflicts = 0;
    if (p->suspects > 0 && --p->suspects == 0) {
        patience_restore(p);
    }
}

enum patience_advice patience_failed(struct patience *p, enum status status, size_t n)
{
    if (n == 0 || status_is_retryable(status) ||
        (status == ERR_CONFLICT && ++p->conflicts <= CONFLICTS_MAX)) {
        return PATIENCE_RETRY;
    }
    if (p->max == 1) {
        return PATIENCE_SET_ASIDE;
    }
    *p = (struct patience){.usual = p->usual, .max = 1, .suspects = n};
    return PATIENCE_NARROW;
}
