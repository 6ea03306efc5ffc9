#include "adapters/http_tls.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

static enum status tls_error(struct err *err, const char *what, const char *file)
{
    char reason[160];
    unsigned long code = ERR_peek_error();
    ERR_error_string_n(code, reason, sizeof(reason));
    const char *text = ERR_reason_error_string(code);
    ERR_clear_error();
    return err_at(err, ERR_INVALID, file ? file : "", "%s: %s", what, text ? text : reason);
}

static bool restrict_protocol(SSL_CTX *ctx)
{
    /* Resumption data of one context must not be accepted by another (CVE-2023-41337). */
    unsigned char id[16];
    if (RAND_bytes(id, sizeof(id)) != 1 || !SSL_CTX_set_session_id_context(ctx, id, sizeof(id))) {
        return false;
    }
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
           SSL_CTX_set_max_early_data(ctx, 0) == 1 && SSL_CTX_set_num_tickets(ctx, 1) == 1;
}

static enum status load_client_ca(SSL_CTX *ctx, const struct http_tls_files *f, struct err *err)
{
    if (SSL_CTX_load_verify_file(ctx, f->client_ca_file) != 1) {
        return tls_error(err, "client CA file", f->client_ca_file);
    }
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(f->client_ca_file);
    if (!names) {
        return tls_error(err, "client CA file", f->client_ca_file);
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    int mode = SSL_VERIFY_PEER;
    if (f->is_client_cert_required) {
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
    SSL_CTX_set_verify(ctx, mode, NULL);
    return OK;
}

static enum status fill(SSL_CTX *ctx, const struct http_tls_files *f, struct err *err)
{
    if (!restrict_protocol(ctx)) {
        return tls_error(err, "TLS settings", NULL);
    }
    if (SSL_CTX_use_certificate_chain_file(ctx, f->cert_file) != 1) {
        return tls_error(err, "certificate file", f->cert_file);
    }
    if (SSL_CTX_use_PrivateKey_file(ctx, f->key_file, SSL_FILETYPE_PEM) != 1) {
        return tls_error(err, "key file", f->key_file);
    }
    if (SSL_CTX_check_private_key(ctx) != 1) {
        return tls_error(err, "key does not belong to the certificate", f->key_file);
    }
    return f->client_ca_file ? load_client_ca(ctx, f, err) : OK;
}

enum status http_tls_load(const struct http_tls_files *f, SSL_CTX **ret, struct err *err)
{
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx) {
        return tls_error(err, "TLS context", NULL);
    }
    enum status status = fill(ctx, f, err);
    if (status != OK) {
        SSL_CTX_free(ctx);
        return status;
    }
    *ret = ctx;
    return OK;
}

void http_tls_client_subject(SSL *ssl, char *out, size_t size)
{
    out[0] = '\0';
    X509 *cert = SSL_get0_peer_certificate(ssl);
    if (!cert || SSL_get_verify_result(ssl) != X509_V_OK) {
        return;
    }
    X509_NAME *name = X509_get_subject_name(cert);
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0) {
        return;
    }
    unsigned char *text = NULL;
    int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (n > 0 && (size_t)n < size && !memchr(text, '\0', (size_t)n)) {
        memcpy(out, text, (size_t)n);
        out[n] = '\0';
    }
    OPENSSL_free(text);
}
