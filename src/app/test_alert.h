#pragma once
/* test_alert — fires one alert at a running server, as an Alertmanager would.
 * Layer: app. Any thread; blocks up to 10 s. */
#include "base/err.h"

struct test_alert {
    struct str name, severity;
    struct str service; /* empty: a new one each time, so that each test opens an incident */
    struct str source;  /* the server's source it is posted to */
};

/* `url` is the server's address without a path. *ret_receipt is the server's answer (JSON), in the
 * arena. ERR_UNAVAILABLE: nobody answers there; ERR_INVALID: the server refuses; the detail says
 * why. */
MUST_CHECK enum status test_alert_fire(struct arena *, struct str url, const struct test_alert *,
                                       struct str *ret_receipt, struct err *);
