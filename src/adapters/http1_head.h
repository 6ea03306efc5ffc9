#pragma once
/* http1_head — what libh2o's HTTP/1 parser lets pass and we refuse.
 *
 * The library takes the first of two Content-Length fields, prefers Transfer-Encoding silently and
 * joins folded lines. Behind another proxy each of these can hide a second request, so we answer
 * 400 and close. Layer: adapters. Pure. */
#include "base/str.h"

/* Length of the request head including its empty line, or 0 if it is not complete in s. */
size_t http1_head_len(struct str s);

/* NULL, or what is wrong with the complete head in s. */
const char *http1_head_fault(struct str head);
