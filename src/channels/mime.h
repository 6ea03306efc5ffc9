#pragma once
/* mime — one RFC 5322 mail as bytes, ready for SMTP: CRLF line ends, lines of at most 78 characters
 * (only message ids, which cannot be folded, may be longer), ASCII only. The only place that writes
 * headers.
 *
 * Header texts are cleaned (no control character survives), encoded by RFC 2047 when they are not
 * plain ASCII, and folded. Bodies are UTF-8 in quoted-printable.
 * Layer: channels. Pure but for the arena. Any thread. */
#include "base/str.h"

struct mime_mail {
    struct str from_name, from_address; /* name may be empty */
    struct str to;
    struct str subject;
    struct str message_id, root_id; /* without angle brackets; root_id: the thread, or empty */
    int64_t date_at;
    struct str boundary; /* unique per mail: letters, digits, '.', '-' */
    struct str text;     /* LF line ends */
    struct str html;     /* empty: text/plain only */
};

/* Addresses and ids must have passed mime_is_address and mime_id. */
struct str mime_write(struct arena *, const struct mime_mail *);

/* A bare ASCII address: dot-atom "@" host name. Nothing that SMTP or a header could misread. */
bool mime_is_address(struct str);
/* A host name of letters, digits, '-' and dots. */
bool mime_is_domain(struct str);
/* Everything that may not stand in an id becomes '-'. */
struct str mime_id(struct arena *, struct str);
