#pragma once
/* fake_transfer — the transfer port without a network: requests are kept, replies are scripted.
 *
 * A submitted request is answered by the next transfers_run. Without a script the peer is happy:
 * 200 and a body that every channel understands. */
#include "base/vec.h"
#include "ports/transfer.h"

struct fake_request {
    enum transfer_kind kind;
    struct str url, method, body, mail_to;
    int64_t at; /* *clock_at when it was submitted */
    transfer_done done;
    void *arg;
    bool is_answered;
};

struct fake_reply {
    struct str url_part; /* only for requests whose URL contains this; empty: any */
    struct transfer_reply reply;
    bool is_used;
};

struct transfers {
    struct arena arena;
    VEC(struct fake_request) requests; /* all, in order */
    VEC(struct fake_reply) script;     /* each answers one request, in order */
    size_t in_flight;
    const int64_t *clock_at;
    int64_t wakes;
    int64_t submits;
    int64_t fail_at; /* the submit with this number is answered with fail_with; 0: none */
    struct transfer_reply fail_with;
    bool has_failed;
    /* After a request left and before its reply is read: what happens meanwhile. */
    void (*meanwhile)(void *arg);
    void *meanwhile_arg;
};

void fake_transfers_init(struct transfers *, const int64_t *clock_at);
void fake_transfers_release(struct transfers *);
void fake_transfers_script(struct transfers *, struct str url_part, struct transfer_reply);
/* Requests whose URL or address holds this text. */
size_t fake_transfers_count(const struct transfers *, struct str part);
