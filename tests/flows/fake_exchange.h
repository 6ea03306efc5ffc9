#pragma once
/* fake_exchange — one request and its answer, without a server. */
#include "base/vec.h"
#include "ports/exchange.h"

/* What came back; text is in the arena that was given to fake_exchange_new. */
struct fake_answer {
    bool is_answered;
    int status;
    struct str body, content_type;
    enum status error; /* OK unless answered with exchange_answer_error */
};

/* The exchange ends with its answer, which lands in *ret. */
struct exchange *fake_exchange_new(struct arena *keep, const struct exchange_request *,
                                   struct fake_answer *ret);
