#pragma once
/* transfer_rules — what an outbound request must look like before libcurl sees it.
 *
 * libcurl sends a CR LF in an address or a header as it is, which is a second command or header to
 * the peer; so every text that reaches a protocol line is checked here against a strict grammar.
 * Errors name the rule, never the text: a URL may carry a token.
 * Layer: adapters. Pure, any thread. */
#include "ports/transfer.h"

struct Curl_URL;

/* ERR_INVALID for a request that must not be sent. The URL is checked by url_parse. */
MUST_CHECK enum status transfer_check(const struct transfer_request *, struct err *);
/* Parses the URL once for good (no second parser, no disagreement). ERR_INVALID: another scheme
 * than the kind's, user information, control or non-ASCII bytes, an EHLO name with odd bytes.
 * On OK the caller owns *ret: curl_url_cleanup. */
MUST_CHECK enum status url_parse(enum transfer_kind, const char *url, struct Curl_URL **ret,
                                 struct err *);
/* A bare ASCII address: dot-atom, '@', host name. No quotes, comments, literals. */
bool address_is_plain(struct str);
