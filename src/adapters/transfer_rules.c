#include "adapters/transfer_rules.h"

#include <curl/curl.h>
#include <string.h>

enum {
    URL_MAX = 4096,
    HEADER_VALUE_MAX = 8192,
    HEADERS_MAX = 64,
    BODY_MAX = 32 * 1024 * 1024,
    LOCAL_PART_MAX = 64,
    HOST_MAX = 253,
};

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110 token and RFC 5322 atext share these marks, but for `.` and a few. */
static bool is_one_of(char c, const char *marks)
{
    return c != '\0' && strchr(marks, c) != NULL;
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && !is_one_of(s.p[i], "!#$%&'*+-.^_`|~")) {
            return false;
        }
    }
    return s.n > 0;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return true;
        }
    }
    return false;
}

static bool is_host_name(struct str s)
{
    if (s.n == 0 || s.n > HOST_MAX) {
        return false;
    }
    struct str rest = s;
    while (rest.p) {
        struct str label = str_cut(&rest, '.');
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-') {
            return false;
        }
        for (size_t i = 0; i < label.n; i++) {
            if (!is_alnum(label.p[i]) && label.p[i] != '-') {
                return false;
            }
        }
    }
    return true;
}

bool address_is_plain(struct str s)
{
    size_t at = str_find(s, '@', 0);
    if (at == SIZE_MAX || at == 0 || at > LOCAL_PART_MAX) {
        return false;
    }
    char before = '.';
    for (size_t i = 0; i < at; i++) {
        char c = s.p[i];
        bool is_dot = c == '.' && before != '.' && i + 1 < at;
        if (!is_dot && !is_alnum(c) && !is_one_of(c, "!#$%&'*+-/=?^_`{|}~")) {
            return false;
        }
        before = c;
    }
    return is_host_name(str_slice(s, at + 1, s.n));
}

static enum status check_headers(const struct transfer_request *request, struct err *err)
{
    if (request->n_headers > HEADERS_MAX) {
        return err_set(err, ERR_INVALID, "more than %d headers", HEADERS_MAX);
    }
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct transfer_header *header = &request->headers[i];
        if (!is_token(header->name)) {
            return err_set(err, ERR_INVALID, "header %zu: the name is not a token", i + 1);
        }
        if (has_control(header->value) || header->value.n > HEADER_VALUE_MAX) {
            return err_set(err, ERR_INVALID,
                           "header %zu: the value has control bytes or is too long", i + 1);
        }
        if (str_eq_nocase(header->name, STR("Content-Length")) ||
            str_eq_nocase(header->name, STR("Transfer-Encoding")) ||
            str_eq_nocase(header->name, STR("Connection")) ||
            str_eq_nocase(header->name, STR("Expect"))) {
            return err_set(err, ERR_INVALID, "header %zu: framing is not the caller's", i + 1);
        }
    }
    return OK;
}

static enum status check_http(const struct transfer_request *request, struct err *err)
{
    struct str method = request->method;
    bool is_upper = method.n > 0 && method.n <= 16;
    for (size_t i = 0; is_upper && i < method.n; i++) {
        is_upper = method.p[i] >= 'A' && method.p[i] <= 'Z';
    }
    if (!is_upper || str_eq(method, STR("CONNECT"))) {
        return err_set(err, ERR_INVALID, "not a usable HTTP method");
    }
    bool is_bodiless = str_eq(method, STR("GET")) || str_eq(method, STR("HEAD"));
    if (is_bodiless && request->body.n > 0) {
        return err_set(err, ERR_INVALID, "GET and HEAD carry no body");
    }
    return check_headers(request, err);
}

/* A lone CR or LF ends a line for some servers and not for others: that is how a second message is
 * smuggled in. libcurl passes them through. */
static bool has_lone_line_end(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool is_cr = s.p[i] == '\r';
        if (is_cr && i + 1 < s.n && s.p[i + 1] == '\n') {
            i++;
        } else if (is_cr || s.p[i] == '\n') {
            return true;
        }
    }
    return false;
}

static enum status check_smtp(const struct transfer_request *request, struct err *err)
{
    if (!address_is_plain(request->mail_from)) {
        return err_set(err, ERR_INVALID, "the sender is not a plain address");
    }
    if (!address_is_plain(request->mail_to)) {
        return err_set(err, ERR_INVALID, "the recipient is not a plain address");
    }
    if (request->body.n == 0 || has_lone_line_end(request->body) ||
        memchr(request->body.p, '\0', request->body.n)) {
        return err_set(err, ERR_INVALID,
                       "the message is empty, has NUL or line ends besides CR LF");
    }
    if (has_control(request->username)) {
        return err_set(err, ERR_INVALID, "the user name has control bytes");
    }
    if (request->username.n > 0 &&
        (!request->password || has_control(secret_reveal(request->password)))) {
        return err_set(err, ERR_INVALID, "the password is missing or has control bytes");
    }
    return OK;
}

static enum status check_url(struct str url, struct err *err)
{
    if (url.n == 0 || url.n > URL_MAX) {
        return err_set(err, ERR_INVALID, "the URL is empty or longer than %d bytes", URL_MAX);
    }
    for (size_t i = 0; i < url.n; i++) {
        unsigned char c = (unsigned char)url.p[i];
        if (c <= ' ' || c >= 0x7f) {
            return err_set(err, ERR_INVALID, "the URL has spaces, control or non-ASCII bytes");
        }
    }
    return OK;
}

enum status transfer_check(const struct transfer_request *request, struct err *err)
{
    if (request->timeout_us < 0 || request->body.n > BODY_MAX || has_control(request->ca_file)) {
        return err_set(err, ERR_INVALID, "timeout, body size or CA file out of range");
    }
    enum status status = OK;
    switch (request->kind) {
    case TRANSFER_HTTP:
        status = check_url(request->url, err);
        return status == OK ? check_http(request, err) : status;
    case TRANSFER_SMTP:
        status = check_url(request->url, err);
        return status == OK ? check_smtp(request, err) : status;
    case TRANSFER_CONSOLE:
        return OK;
    }
    UNREACHABLE("transfer kind");
}

static bool is_scheme_of(enum transfer_kind kind, const char *scheme)
{
    const char *plain = kind == TRANSFER_HTTP ? "http" : "smtp";
    size_t n = strlen(plain);
    return strncmp(scheme, plain, n) == 0 &&
           (scheme[n] == '\0' || (scheme[n] == 's' && scheme[n + 1] == '\0'));
}

/* libcurl takes the EHLO name from the path. */
static bool is_ehlo_path(const char *path)
{
    struct str name = str_from(path);
    return name.n <= 1 || is_host_name(str_slice(name, 1, name.n));
}

enum status url_parse(enum transfer_kind kind, const char *url, struct Curl_URL **ret,
                      struct err *err)
{
    CURLU *parsed = curl_url();
    CHECK(parsed);
    char *scheme = NULL;
    char *path = NULL;
    CURLUcode rc = curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER);
    bool is_good = rc == CURLUE_OK && curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == 0 &&
                   curl_url_get(parsed, CURLUPART_PATH, &path, 0) == 0 &&
                   is_scheme_of(kind, scheme) && (kind == TRANSFER_HTTP || is_ehlo_path(path));
    curl_free(scheme);
    curl_free(path);
    if (!is_good) {
        curl_url_cleanup(parsed);
        return err_set(err, ERR_INVALID, "the URL is not usable: %s",
                       rc == CURLUE_OK ? "wrong scheme or EHLO name" : curl_url_strerror(rc));
    }
    *ret = parsed;
    return OK;
}
