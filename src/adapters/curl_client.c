#include "adapters/curl_client.h"

#include "adapters/address_guard.h"
#include "adapters/tls_trust.h"
#include "adapters/transfer_rules.h"
#include "base/mailbox.h"
#include "base/monotonic.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    REPLY_MAX = 256 * 1024,
    REPLY_DROPPED_MAX = 4 * 1024 * 1024, /* then we stop listening */
    IN_FLIGHT_DEFAULT = 256,
    CONNECTIONS_IDLE_MAX = 64,
    MAIL_THREADS = 4,
};
#define TIMEOUT_DEFAULT_US (8 * US_PER_S)
#define CONNECT_TIMEOUT_DEFAULT_US (2 * US_PER_S)
#define RETRY_AFTER_MAX_US US_PER_DAY
/* libcurl does not time what waits for a shared connection; we end that ourselves. */
#define OVERDUE_US (US_PER_S / 2)

struct transfers {
    CURLM *multi;
    struct tls_trust *trust;
    struct transfer *first;
    size_t n, max;
    int64_t connect_timeout_us;
    char user_agent[128];
    bool is_running;
    pthread_mutex_t trust_lock;
    /* Mail runs on threads of its own: libcurl's SMTP waits for the answer to the message, and to
     * QUIT, without returning to the multi handle, so one slow server would hold up everything. */
    pthread_t mail_threads[MAIL_THREADS];
    bool has_mail_threads;
    atomic_bool is_stopping;
    struct mailbox *mail_todo, *mail_done; /* struct transfer */
};

struct transfer {
    struct transfers *owner;
    struct transfer *next, *prev;
    struct arena arena; /* everything below */
    CURL *easy;
    CURLU *url;
    struct curl_slist *headers, *recipients;
    enum transfer_kind kind;
    struct str body;
    size_t body_at;
    bool is_body_read; /* all of it was handed to libcurl; SMTP: the final dot may have left */
    bool is_private_allowed, is_refused;
    char *ca_file; /* NULL: the system's anchors alone */
    char *username, *password;
    struct strbuf reply;
    size_t reply_seen;
    int64_t overdue_at; /* monotonic; SMTP: for its turn */
    CURLcode mail_code; /* SMTP, once it is in mail_done */
    char error[CURL_ERROR_SIZE];
    transfer_done done;
    void *arg;
};

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct transfer *t = arg;
    (void)purpose;
    if (!t->is_private_allowed && !address_is_public(&to->addr)) {
        t->is_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static int on_connection_ready(void *arg, char *peer, char *own, int peer_port, int own_port)
{
    struct transfer *t = arg;
    (void)own, (void)peer_port, (void)own_port;
    if (!t->is_private_allowed && !address_text_is_public(peer)) {
        t->is_refused = true;
        return CURL_PREREQFUNC_ABORT;
    }
    return CURL_PREREQFUNC_OK;
}

static size_t on_read_body(char *to, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t left = t->body.n - t->body_at;
    size_t take = size * n < left ? size * n : left;
    if (take == 0) {
        t->is_body_read = true;
        return 0;
    }
    memcpy(to, t->body.p + t->body_at, take);
    t->body_at += take;
    return take;
}

static size_t on_reply_body(char *from, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * n;
    t->reply_seen += len;
    size_t room = REPLY_MAX - t->reply.n;
    strbuf_add(&t->reply, (struct str){from, len < room ? len : room});
    return t->reply_seen > REPLY_DROPPED_MAX ? 0 : len;
}

/* The last line an SMTP server said; HTTP headers are not kept. */
static size_t on_reply_line(char *from, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * n;
    struct str line = str_trim(str_slice((struct str){from, len}, 0, 1024));
    if (t->kind == TRANSFER_SMTP && !str_starts_with(line, STR("221"))) { /* 221: answers QUIT */
        strbuf_clear(&t->reply);
        strbuf_add(&t->reply, line);
    }
    return len;
}

static CURLcode on_tls_context(CURL *easy, void *context, void *arg)
{
    struct transfer *t = arg;
    (void)easy;
    pthread_mutex_lock(&t->owner->trust_lock);
    X509_STORE *store = tls_trust_store(t->owner->trust, t->ca_file);
    if (store) {
        SSL_CTX_set1_cert_store(context, store);
    }
    pthread_mutex_unlock(&t->owner->trust_lock);
    return store ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct transfer *t = arg;
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&t->owner->is_stopping) ? 1 : 0;
}

#define SET(option, value) CHECK(curl_easy_setopt(t->easy, (option), (value)) == CURLE_OK)

static long ms_of(int64_t us)
{
    return (long)((us + US_PER_MS - 1) / US_PER_MS);
}

static void set_common(struct transfer *t, int64_t timeout_us)
{
    SET(CURLOPT_CURLU, t->url);
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_NOSIGNAL, 1L);
    /* At a timeout, do not wait for a resolver thread that hangs. */
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_PROTOCOLS_STR, t->kind == TRANSFER_HTTP ? "http,https" : "smtp,smtps");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_CONNECTTIMEOUT_MS, ms_of(t->owner->connect_timeout_us));
    SET(CURLOPT_TIMEOUT_MS, ms_of(timeout_us));
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_PREREQFUNCTION, on_connection_ready);
    SET(CURLOPT_PREREQDATA, t);
    SET(CURLOPT_READFUNCTION, on_read_body);
    SET(CURLOPT_READDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_reply_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, on_reply_line);
    SET(CURLOPT_HEADERDATA, t);
}

static void set_tls(struct transfer *t)
{
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    /* The anchors come from on_tls_context. libcurl's own are switched off (see tls_trust.h), but
     * what is set here decides whether an idle connection may be used again, and one that was
     * verified with extra anchors must not serve a request without them. So the file stands as a
     * CA folder, which costs nothing: nothing is ever looked up in it. */
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, t->ca_file);
    SET(CURLOPT_SSL_CTX_FUNCTION, on_tls_context);
    SET(CURLOPT_SSL_CTX_DATA, t);
}

static void add_header(struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);
    CHECK(longer);
    t->headers = longer;
}

static void set_headers(struct transfer *t, const struct transfer_request *request)
{
    bool has_type = false;
    for (size_t i = 0; i < request->n_headers; i++) {
        struct str name = request->headers[i].name;
        struct str value = str_trim(request->headers[i].value);
        has_type = has_type || str_eq_nocase(name, STR("Content-Type"));
        /* "Name:" would mean "without this header" to libcurl; "Name;" sends it empty. */
        struct str line = value.n
                              ? str_printf(&t->arena, "%.*s: %.*s", STR_ARG(name), STR_ARG(value))
                              : str_printf(&t->arena, "%.*s;", STR_ARG(name));
        add_header(t, str_c(&t->arena, line));
    }
    if (!has_type) {
        add_header(t, "Content-Type:"); /* no made-up form type */
    }
    add_header(t, "Expect:"); /* no extra round trip */
    SET(CURLOPT_HTTPHEADER, t->headers);
}

static void set_http(struct transfer *t, const struct transfer_request *request)
{
    SET(CURLOPT_USERAGENT, t->owner->user_agent);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(CURLOPT_PIPEWAIT, str_starts_with(request->url, STR("https:")) ? 1L : 0L);
    set_headers(t, request);
    if (str_eq(request->method, STR("GET"))) {
        SET(CURLOPT_HTTPGET, 1L);
    } else if (str_eq(request->method, STR("HEAD"))) {
        SET(CURLOPT_NOBODY, 1L);
    } else {
        /* A read function without a seek function: when an idle connection turns out to be dead
         * after the body went out, libcurl fails instead of sending it a second time. */
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_CUSTOMREQUEST, str_c(&t->arena, request->method));
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.n);
        SET(CURLOPT_FRESH_CONNECT, t->body.n ? 0L : 1L);
    }
}

static void set_smtp(struct transfer *t, const struct transfer_request *request, int64_t timeout_us)
{
    bool has_login = request->username.n > 0;
    bool is_tls_needed = has_login || !request->is_plaintext_allowed;
    SET(CURLOPT_USE_SSL, (long)(is_tls_needed ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    /* Connections are not kept: libcurl would lend one that was verified with other anchors, or not
     * encrypted at all, and closing an idle one waits two minutes for a silent server. */
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_FTP_RESPONSE_TIMEOUT, (long)((timeout_us + US_PER_S - 1) / US_PER_S));
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, t);
    SET(CURLOPT_NOPROGRESS, 0L);
    if (has_login) {
        t->username = str_c(&t->arena, request->username);
        t->password = str_c(&t->arena, secret_reveal(request->password));
        SET(CURLOPT_USERNAME, t->username);
        SET(CURLOPT_PASSWORD, t->password);
        /* Left alone libcurl prefers CRAM-MD5. */
        SET(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
    }
    SET(CURLOPT_MAIL_FROM, str_c(&t->arena, request->mail_from));
    t->recipients = curl_slist_append(NULL, str_c(&t->arena, request->mail_to));
    CHECK(t->recipients);
    SET(CURLOPT_MAIL_RCPT, t->recipients);
    /* No size is given, so that the end of the body, and with it the final dot, is always marked by
     * on_read_body returning 0. CURLOPT_CRLF is never set: it eats leading dots. */
    SET(CURLOPT_UPLOAD, 1L);
}

static void release(struct transfer *t)
{
    if (t->easy && t->kind == TRANSFER_HTTP) {
        curl_multi_remove_handle(t->owner->multi, t->easy);
    }
    if (t->easy) {
        curl_easy_cleanup(t->easy);
    }
    curl_url_cleanup(t->url);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->recipients);
    if (t->password) {
        explicit_bzero(t->password, strlen(t->password));
    }
    arena_release(&t->arena);
    free(t);
}

static void link_in(struct transfers *all, struct transfer *t)
{
    t->next = all->first;
    if (all->first) {
        all->first->prev = t;
    }
    all->first = t;
    all->n++;
}

static void unlink_from(struct transfers *all, struct transfer *t)
{
    if (t->prev) {
        t->prev->next = t->next;
    } else {
        all->first = t->next;
    }
    if (t->next) {
        t->next->prev = t->prev;
    }
    all->n--;
}

static void *run_mail(void *arg)
{
    struct transfers *all = arg;
    for (;;) {
        void *item;
        if (mailbox_take(all->mail_todo, &item, 1, US_PER_HOUR) == 0) {
            if (mailbox_is_closed(all->mail_todo)) {
                return NULL;
            }
            continue;
        }
        struct transfer *t = item;
        /* The queue's wait counts: with every thread at a silent server, say so in time. */
        t->mail_code =
            monotonic_us() < t->overdue_at ? curl_easy_perform(t->easy) : CURLE_OPERATION_TIMEDOUT;
        CHECK(mailbox_post(all->mail_done, t, 1));
        curl_multi_wakeup(all->multi);
    }
}

/* With the first mail, so that an installation without any has no idle threads. */
static void start_mail_threads(struct transfers *all)
{
    if (all->has_mail_threads) {
        return;
    }
    all->has_mail_threads = true;
    all->mail_todo = mailbox_new(all->max, all->max);
    all->mail_done = mailbox_new(all->max, all->max);
    sigset_t every;
    sigset_t before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    for (size_t i = 0; i < MAIL_THREADS; i++) {
        CHECK(pthread_create(&all->mail_threads[i], NULL, run_mail, all) == 0);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop_mail_threads(struct transfers *all)
{
    if (!all->has_mail_threads) {
        return;
    }
    atomic_store(&all->is_stopping, true);
    mailbox_close(all->mail_todo);
    for (size_t i = 0; i < MAIL_THREADS; i++) {
        pthread_join(all->mail_threads[i], NULL);
    }
    void *item;
    while (mailbox_take(all->mail_done, &item, 1, 0) > 0) {
        /* still linked in `first`, where it is released */
    }
    mailbox_free(all->mail_todo);
    mailbox_free(all->mail_done);
}

static void launch(struct transfers *all, struct transfer *t,
                   const struct transfer_request *request)
{
    if (t->kind == TRANSFER_CONSOLE) {
        return; /* written by the next transfers_run */
    }
    int64_t timeout_us = request->timeout_us ? request->timeout_us : TIMEOUT_DEFAULT_US;
    t->overdue_at = monotonic_us() + timeout_us + OVERDUE_US;
    t->easy = curl_easy_init();
    CHECK(t->easy);
    set_common(t, timeout_us);
    set_tls(t);
    if (t->kind == TRANSFER_HTTP) {
        set_http(t, request);
        CHECK(curl_multi_add_handle(all->multi, t->easy) == CURLM_OK);
    } else {
        set_smtp(t, request, timeout_us);
        start_mail_threads(all);
        CHECK(mailbox_post(all->mail_todo, t, 1)); /* its size is max */
    }
}

enum status transfer_submit(struct transfers *all, const struct transfer_request *request,
                            transfer_done done, void *arg, struct err *err)
{
    enum status status = transfer_check(request, err);
    if (status != OK) {
        return status;
    }
    if (all->n >= all->max) {
        return err_set(err, ERR_UNAVAILABLE, "%zu transfers are in flight already", all->n);
    }
    struct transfer *t = calloc(1, sizeof(*t));
    CHECK(t);
    arena_init(&t->arena);
    t->owner = all;
    t->kind = request->kind;
    if (t->kind != TRANSFER_CONSOLE) {
        status = url_parse(t->kind, str_c(&t->arena, request->url), &t->url, err);
    }
    if (status != OK) {
        release(t);
        return status;
    }
    t->body = str_dup(&t->arena, request->body);
    t->is_private_allowed = request->is_private_allowed;
    t->ca_file = request->ca_file.n ? str_c(&t->arena, request->ca_file) : NULL;
    t->done = done;
    t->arg = arg;
    strbuf_init(&t->reply, &t->arena, REPLY_MAX);
    link_in(all, t);
    launch(all, t, request);
    return OK;
}

static enum transfer_end http_end(const struct transfer *t, CURLcode code, long status)
{
    if (code == CURLE_OK && status >= 200) {
        return TRANSFER_REPLIED;
    }
    /* A refusal stands, even if its explanation broke off; success with half a body does not,
     * because some peers say in the body that they refused. */
    if (status >= 400 || (status >= 200 && t->reply_seen > REPLY_MAX)) {
        return TRANSFER_REPLIED;
    }
    long sent = 0; /* bytes of the head that were written to a connection */
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0 || t->body_at > 0 || status > 0 ? TRANSFER_BROKEN : TRANSFER_NOT_SENT;
}

static enum transfer_end smtp_end(const struct transfer *t, CURLcode code, long status)
{
    if (code == CURLE_OK) {
        return TRANSFER_REPLIED;
    }
    /* libcurl reports refusals under many codes (55, 8, 67, 64); the status is what counts. But the
     * last status may be an old one: an EHLO that was refused before HELO passed. */
    bool is_silence =
        code == CURLE_OPERATION_TIMEDOUT || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR;
    if (status >= 400 && !is_silence) {
        return TRANSFER_REPLIED;
    }
    /* Any 2xx but 250 after the dot is "weird" to libcurl and yet acceptance. */
    if (t->is_body_read && code == CURLE_WEIRD_SERVER_REPLY && status >= 200 && status < 300) {
        return TRANSFER_REPLIED;
    }
    return t->is_body_read ? TRANSFER_BROKEN : TRANSFER_NOT_SENT;
}

/* Does libcurl's sentence repeat something that came from the URL or the login? */
static bool is_revealing(const struct transfer *t, struct str text)
{
    if (t->username && (str_contains(text, str_from(t->username)) ||
                        (t->password[0] && str_contains(text, str_from(t->password))))) {
        return true;
    }
    static const CURLUPart parts[] = {CURLUPART_PATH, CURLUPART_QUERY, CURLUPART_FRAGMENT};
    bool found = false;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char *part = NULL;
        if (curl_url_get(t->url, parts[i], &part, 0) == CURLUE_OK) {
            struct str s = str_from(part);
            found = found || (s.n > 1 && str_contains(text, s));
        }
        curl_free(part);
    }
    return found;
}

static struct str detail_of(struct transfer *t, CURLcode code)
{
    if (code == CURLE_OK) {
        return STR_EMPTY;
    }
    if (t->is_refused && (code == CURLE_COULDNT_CONNECT || code == CURLE_ABORTED_BY_CALLBACK)) {
        return STR("the peer's address is private and this target may not use private addresses");
    }
    struct str said = str_from(t->error);
    struct strbuf text;
    strbuf_init(&text, &t->arena, 512);
    strbuf_add(&text, str_from(curl_easy_strerror(code)));
    if (said.n > 0 && !is_revealing(t, said)) {
        strbuf_printf(&text, " (%.*s)", STR_ARG(said));
    }
    return strbuf_str(&text);
}

static int64_t retry_after_of(const struct transfer *t)
{
    curl_off_t seconds = 0; /* libcurl reads both forms */
    curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds <= 0) {
        return 0;
    }
    return seconds < RETRY_AFTER_MAX_US / US_PER_S ? seconds * US_PER_S : RETRY_AFTER_MAX_US;
}

static void finish(struct transfer *t, CURLcode code)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    struct transfer_reply reply = {.body = strbuf_str(&t->reply)};
    if (t->kind == TRANSFER_HTTP) {
        reply.end = http_end(t, code, status);
        reply.retry_after_us = reply.end == TRANSFER_REPLIED ? retry_after_of(t) : 0;
    } else {
        reply.end = smtp_end(t, code, status);
    }
    reply.status = reply.end == TRANSFER_REPLIED ? (int)status : 0;
    reply.detail = detail_of(t, code);
    unlink_from(t->owner, t);
    t->done(t->arg, &reply);
    release(t);
}

/* Labels are hostile: no byte may command the terminal. */
static void finish_console(struct transfer *t)
{
    struct strbuf text;
    strbuf_init(&text, &t->arena, t->body.n + 1);
    for (size_t i = 0; i < t->body.n; i++) {
        unsigned char c = (unsigned char)t->body.p[i];
        bool is_c1 = i > 0 && t->body.p[i - 1] == '\xc2' && c >= 0x80 && c < 0xa0;
        bool is_plain = (c >= 0x20 && c != 0x7f && !is_c1) || c == '\n' || c == '\t';
        strbuf_add_char(&text, is_plain ? (char)c : '?');
    }
    strbuf_add_char(&text, '\n');
    size_t at = 0;
    ssize_t n = 0;
    while (at < text.n && (n = write(STDOUT_FILENO, text.p + at, text.n - at)) > 0) {
        at += (size_t)n;
    }
    struct transfer_reply reply = {.end = TRANSFER_REPLIED, .status = 200, .body = STR_EMPTY};
    if (at < text.n) {
        reply = (struct transfer_reply){.end = at ? TRANSFER_BROKEN : TRANSFER_NOT_SENT,
                                        .body = STR_EMPTY,
                                        .detail = STR("standard output takes no more")};
    }
    unlink_from(t->owner, t);
    t->done(t->arg, &reply);
    release(t);
}

static bool reap(struct transfers *all)
{
    bool any = false;
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(all->multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            struct transfer *t = NULL;
            CURLcode code = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
            CHECK(t);
            finish(t, code);
            any = true;
        }
    }
    void *item;
    while (all->has_mail_threads && mailbox_take(all->mail_done, &item, 1, 0) > 0) {
        struct transfer *t = item;
        finish(t, t->mail_code);
        any = true;
    }
    int64_t now = monotonic_us();
    struct transfer *next;
    for (struct transfer *t = all->first; t; t = next) {
        next = t->next;
        bool is_overdue = t->kind == TRANSFER_HTTP && now > t->overdue_at;
        any = any || is_overdue || t->kind == TRANSFER_CONSOLE;
        if (is_overdue) {
            finish(t, CURLE_OPERATION_TIMEDOUT);
        } else if (t->kind == TRANSFER_CONSOLE) {
            finish_console(t);
        }
    }
    return any;
}

static void perform(struct transfers *all)
{
    int running;
    CHECK(curl_multi_perform(all->multi, &running) == CURLM_OK);
}

void transfers_run(struct transfers *all, int64_t timeout_us)
{
    CHECK(!all->is_running);
    all->is_running = true;
    perform(all);
    if (!reap(all)) {
        int64_t wait_ms = timeout_us > 0 ? ms_of(timeout_us) : 0;
        CURLMcode rc =
            curl_multi_poll(all->multi, NULL, 0, wait_ms < 60000 ? (int)wait_ms : 60000, NULL);
        CHECK(rc == CURLM_OK);
        perform(all);
        reap(all);
    }
    all->is_running = false;
}

void transfers_wake(struct transfers *all)
{
    curl_multi_wakeup(all->multi);
}

size_t transfers_in_flight(const struct transfers *all)
{
    return all->n;
}

enum status transfers_new(const struct transfers_settings *settings, struct transfers **ret,
                          struct err *err)
{
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    struct transfers *all = calloc(1, sizeof(*all));
    CHECK(all);
    enum status status = tls_trust_new(settings->ca_bundle, &all->trust, err);
    if (status != OK) {
        free(all);
        curl_global_cleanup();
        return status;
    }
    pthread_mutex_init(&all->trust_lock, NULL);
    all->multi = curl_multi_init();
    CHECK(all->multi);
    curl_multi_setopt(all->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(all->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_IDLE_MAX);
    all->max = settings->max_in_flight ? settings->max_in_flight : IN_FLIGHT_DEFAULT;
    all->connect_timeout_us =
        settings->connect_timeout_us ? settings->connect_timeout_us : CONNECT_TIMEOUT_DEFAULT_US;
    const char *agent = settings->user_agent ? settings->user_agent : "alertify/" ALERTIFY_VERSION;
    snprintf(all->user_agent, sizeof(all->user_agent), "%s", agent);
    *ret = all;
    return OK;
}

void transfers_free(struct transfers *all)
{
    if (!all) {
        return;
    }
    CHECK(!all->is_running);
    stop_mail_threads(all);
    while (all->first) {
        struct transfer *t = all->first;
        unlink_from(all, t);
        release(t);
    }
    curl_multi_cleanup(all->multi);
    tls_trust_free(all->trust);
    pthread_mutex_destroy(&all->trust_lock);
    free(all);
    curl_global_cleanup();
}
