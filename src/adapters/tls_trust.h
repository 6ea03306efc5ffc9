#pragma once
/* tls_trust — the certificate authorities outbound TLS believes, loaded once and shared.
 *
 * Why not leave it to libcurl: with its defaults on Debian every new TLS connection parses the
 * whole bundle again (33 ms of CPU), and it can only replace the system's anchors by a file, not
 * add to them. A file that changed on disk is loaded again; if that fails the old anchors stay.
 * Layer: adapters. Owner: struct transfers. Its thread only. */
#include "base/err.h"

struct tls_trust;
struct x509_store_st;

/* bundle: PEM file of the system's anchors; NULL or empty: libcurl's default, whose absence is no
 * error here (TLS then fails per transfer). ERR_IO if a named file cannot be loaded. */
MUST_CHECK enum status tls_trust_new(const char *bundle, struct tls_trust **ret, struct err *);
void tls_trust_free(struct tls_trust *);
/* The system's anchors plus those in the file `extra` (NULL: none). Lent until the next call; take
 * a reference. NULL if nothing could be loaded. */
struct x509_store_st *tls_trust_store(struct tls_trust *, const char *extra);
