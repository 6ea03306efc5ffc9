#pragma once
/* transfer — outbound requests over HTTP and SMTP, many at once on one thread.
 *
 * Only the owning thread submits and runs; any thread may wake it. A transfer is attempted once:
 * retrying is the delivery flow's decision. Nothing is followed (no redirects), no proxy is taken
 * from the environment, only http(s) and smtp(s) are enabled.
 * Layer: ports. Owner: the deliver thread. */
#include "base/err.h"
#include "base/secret.h"
#include "base/time_units.h"

struct transfers;

/* CONSOLE: the body is written to standard output; for trying things out. */
enum transfer_kind { TRANSFER_HTTP, TRANSFER_SMTP, TRANSFER_CONSOLE };

struct transfer_header {
    struct str name, value; /* no CR, LF, NUL: refused with ERR_INVALID */
};

struct transfer_request {
    enum transfer_kind kind;
    /* http(s)://… or smtp(s)://host:port. May carry a credential (Slack, Telegram): never logged.
     */
    struct str url;
    struct str method; /* HTTP: "POST", … */
    const struct transfer_header *headers;
    size_t n_headers;
    struct str body; /* HTTP body; SMTP: the whole RFC 5322 message with CRLF line ends */

    /* SMTP only */
    struct str mail_from, mail_to; /* bare ASCII addresses; anything else is ERR_INVALID */
    struct str username;           /* empty: no AUTH */
    const struct secret *password;
    bool is_plaintext_allowed; /* false: STARTTLS (smtp://) or TLS (smtps://) is required */

    int64_t timeout_us;      /* whole transfer; 0: 8 s */
    bool is_private_allowed; /* may connect to loopback, private, link-local addresses */
    struct str ca_file;      /* extra trust anchors (PEM); empty: the system's */
};

enum transfer_end {
    TRANSFER_REPLIED,  /* the peer's final reply was read; see status */
    TRANSFER_NOT_SENT, /* failed before the request left: nothing can have happened there */
    TRANSFER_BROKEN,   /* failed after bytes left: it may or may not have happened */
};

struct transfer_reply {
    enum transfer_end end;
    int status;             /* HTTP or SMTP reply code; 0 unless REPLIED */
    struct str body;        /* HTTP reply body, at most 256 KiB */
    int64_t retry_after_us; /* Retry-After in seconds or as a date, 0 if absent; at most 1 day */
    struct str detail;      /* for operators; never contains the URL or a credential */
};

/* Owning thread. `reply` is valid during the call. May submit further transfers. */
typedef void (*transfer_done)(void *arg, const struct transfer_reply *reply);

/* Copies what it needs. ERR_INVALID for a request that must not be sent; then `done` is not called.
 */
MUST_CHECK enum status transfer_submit(struct transfers *, const struct transfer_request *,
                                       transfer_done done, void *arg, struct err *);
/* Waits up to timeout_us for something to happen, or a wake, and calls `done` for what ended. */
void transfers_run(struct transfers *, int64_t timeout_us);
/* Any thread. */
void transfers_wake(struct transfers *);
size_t transfers_in_flight(const struct transfers *);
