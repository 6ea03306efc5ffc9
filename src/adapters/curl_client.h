#pragma once
/* curl_client — ports/transfer.h on libcurl.
 *
 * Not sent (TRANSFER_NOT_SENT) means: no byte of the request left (HTTP), or the final dot of the
 * message was not sent (SMTP). Whatever fails later is TRANSFER_BROKEN, unless the peer had already
 * refused with a final status >= 400. libcurl is kept from resending a request by itself: a request
 * with a body cannot be rewound, one without gets a fresh connection unless it is GET or HEAD.
 *
 * The connected address is checked when a connection is opened and again before a request uses an
 * idle one, because connections are shared between requests with different permissions.
 * HTTP shares one multi handle and its connections. Mail uses a new connection each, on up to four
 * threads of its own, because libcurl's SMTP blocks; they start with the first mail (so fork the
 * runner's helper before). `done` is always called by the owner's transfers_run.
 * With a user name SMTP always needs TLS, also where is_plaintext_allowed is set. For SMTP the
 * reply's body is the server's last reply line. Beyond max_in_flight: ERR_UNAVAILABLE.
 * A copy of an SMTP password is in ordinary memory while its mail is under way.
 * TRANSFER_CONSOLE writes the body to standard output (blocking) and replies 200; control bytes but
 * tab and newline become '?'.
 * Layer: adapters. Owner: the deliver thread, which alone uses it, but for transfers_wake. */
#include "ports/transfer.h"

struct transfers_settings {
    int64_t connect_timeout_us; /* name, TCP and TLS; 0: 2 s */
    const char *user_agent;     /* NULL: alertify/VERSION */
    size_t max_in_flight;       /* 0: 256 */
    const char *ca_bundle;      /* PEM file of the system's anchors; NULL: libcurl's default */
};

/* Copies the settings. ERR_IO if ca_bundle cannot be read. */
MUST_CHECK enum status transfers_new(const struct transfers_settings *, struct transfers **ret,
                                     struct err *);
/* Drops what is in flight without calling `done`; may wait a second or two for mail threads. */
void transfers_free(struct transfers *);
