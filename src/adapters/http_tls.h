#pragma once
/* http_tls — a server's SSL_CTX from files, and the name in a client's certificate.
 *
 * TLS 1.2 and 1.3, ECDHE and AEAD only, no renegotiation, no early data, no compression. Sessions
 * are bound to their context, so one listener's ticket is worthless at another.
 * Layer: adapters. Any thread. */
#include "base/err.h"

#include <openssl/ssl.h>

struct http_tls_files {
    const char *cert_file, *key_file, *client_ca_file; /* the last may be NULL */
    bool is_client_cert_required;
};

/* ERR_INVALID names the file and the reason. The caller adds ALPN; owns *ret (SSL_CTX_free). */
MUST_CHECK enum status http_tls_load(const struct http_tls_files *, SSL_CTX **ret, struct err *);

/* Subject CN of the verified client certificate as a C string, "" if there is none or it does not
 * fit. */
void http_tls_client_subject(SSL *, char *out, size_t size);
