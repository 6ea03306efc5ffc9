#include "adapters/tls_trust.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ANCHORS_MAX = 64 }; /* distinct ca_files in a configuration */

struct anchors {
    char *extra; /* NULL for the system's alone */
    X509_STORE *store;
    struct timespec bundle_mtime, extra_mtime;
};

struct tls_trust {
    char *bundle;
    struct anchors sets[ANCHORS_MAX];
    size_t n;
};

static struct timespec mtime_of(const char *path)
{
    struct stat st;
    return path && stat(path, &st) == 0 ? st.st_mtim : (struct timespec){0, 0};
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static X509_STORE *load(const char *bundle, const char *extra)
{
    X509_STORE *store = X509_STORE_new();
    CHECK(store);
    bool has_bundle = bundle && X509_STORE_load_file(store, bundle) == 1;
    bool has_extra = extra && X509_STORE_load_file(store, extra) == 1;
    ERR_clear_error();
    /* A named extra file must load: silently trusting less makes a puzzle of the failure. */
    if (extra ? !has_extra : !has_bundle) {
        X509_STORE_free(store);
        return NULL;
    }
    /* As libcurl does: an intermediate or a self-signed certificate may be the anchor. */
    X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    return store;
}

enum status tls_trust_new(const char *bundle, struct tls_trust **ret, struct err *err)
{
    bool is_named = bundle && bundle[0];
    const char *path = is_named ? bundle : curl_version_info(CURLVERSION_NOW)->cainfo;
    struct tls_trust *trust = calloc(1, sizeof(*trust));
    CHECK(trust);
    if (path) {
        trust->bundle = strdup(path);
        CHECK(trust->bundle);
    }
    if (is_named && !tls_trust_store(trust, NULL)) {
        tls_trust_free(trust);
        return err_set(err, ERR_IO, "cannot load CA certificates from %s", bundle);
    }
    *ret = trust;
    return OK;
}

void tls_trust_free(struct tls_trust *trust)
{
    if (!trust) {
        return;
    }
    for (size_t i = 0; i < trust->n; i++) {
        X509_STORE_free(trust->sets[i].store);
        free(trust->sets[i].extra);
    }
    free(trust->bundle);
    free(trust);
}

static struct anchors *find(struct tls_trust *trust, const char *extra)
{
    for (size_t i = 0; i < trust->n; i++) {
        const char *have = trust->sets[i].extra;
        if (have == extra || (have && extra && strcmp(have, extra) == 0)) {
            return &trust->sets[i];
        }
    }
    if (trust->n == ANCHORS_MAX) {
        return NULL;
    }
    struct anchors *set = &trust->sets[trust->n++];
    if (extra) {
        set->extra = strdup(extra);
        CHECK(set->extra);
    }
    return set;
}

struct x509_store_st *tls_trust_store(struct tls_trust *trust, const char *extra)
{
    struct anchors *set = find(trust, extra);
    if (!set) {
        return NULL;
    }
    struct timespec bundle_mtime = mtime_of(trust->bundle);
    struct timespec extra_mtime = mtime_of(extra);
    bool is_current = set->store && is_same_time(bundle_mtime, set->bundle_mtime) &&
                      is_same_time(extra_mtime, set->extra_mtime);
    if (!is_current) {
        X509_STORE *fresh = load(trust->bundle, extra);
        if (fresh) {
            X509_STORE_free(set->store);
            set->store = fresh;
        }
        set->bundle_mtime = bundle_mtime;
        set->extra_mtime = extra_mtime;
    }
    return set->store;
}
