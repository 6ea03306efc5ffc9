#pragma once
/* json_scan — is this body well-formed JSON within bounds? One pass, no allocation.
 *
 * Run on every body before anything else touches it: what passes is exactly RFC 8259 (one value,
 * white space around it, no byte order mark), valid UTF-8, and nested and sized within the limits,
 * so json_view.h may read it without checks and a recursive reader cannot overflow its stack.
 * Escaped lone surrogates (\ud800) and \u0000 are well-formed JSON and pass; json_view replaces
 * them. Layer: formats. Pure. Any thread. */
#include "base/err.h"

enum {
    JSON_DEPTH_MAX = 1024, /* what `depth` may be at most */
    JSON_DEPTH_USUAL = 64, /* for payloads */
};

struct json_limits {
    unsigned depth;    /* arrays and objects inside each other; 0: JSON_DEPTH_USUAL */
    size_t max_tokens; /* values and keys; 0: no limit but the body's size */
};

/* OK, ERR_SYNTAX (not JSON or not UTF-8) or ERR_TOO_LARGE (a limit), with where = "byte 17"
 * (counted from 0). `limits` may be NULL for the usual ones. */
enum status json_scan(struct str body, const struct json_limits *, struct err *) MUST_CHECK;
