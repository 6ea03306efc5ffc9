#include "app/settings_file.h"

#include "app/secret_source.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the tables ------------------------------------------------------------------------------ */

static const struct setting database_keys[] = {
    {.key = "conninfo",
     .type = SETTING_TEXT,
     .offset = offsetof(struct database_settings, conninfo),
     .is_required = true,
     .help =
         "How to reach PostgreSQL (14 or newer), as libpq writes it: keywords or a URI; several "
         "hosts are\ntried in turn. No password here."},
    {.key = "password",
     .type = SETTING_SECRET,
     .offset = offsetof(struct database_settings, password),
     .min = 1,
     .help = "!file PATH or !env NAME; leave it out for peer, certificate or .pgpass."},
    {0},
};

static const struct setting tls_keys[] = {
    {.key = "certificate",
     .type = SETTING_PATH,
     .offset = offsetof(struct tls_settings, certificate),
     .is_required = true,
     .help = "PEM, the server's certificate first, then its chain. Read again at SIGHUP."},
    {.key = "key",
     .type = SETTING_PATH,
     .offset = offsetof(struct tls_settings, key),
     .is_required = true,
     .help = "PEM, the private key."},
    {.key = "client_ca",
     .type = SETTING_PATH,
     .offset = offsetof(struct tls_settings, client_ca),
     .help = "PEM; whose client certificates are accepted (mTLS)."},
    {.key = "client_required",
     .type = SETTING_FLAG,
     .offset = offsetof(struct tls_settings, is_client_required),
     .fallback = "false",
     .help = "Nobody may come without a client certificate."},
    {0},
};

static const struct setting listen_keys[] = {
    {.key = "address",
     .type = SETTING_TEXT,
     .offset = offsetof(struct listen_settings, address),
     .is_required = true,
     .help = "host:port, [::1]:port, or :port for all addresses."},
    {.key = "tls",
     .type = SETTING_GROUP,
     .offset = offsetof(struct listen_settings, tls),
     .keys = tls_keys,
     .help = "Without it the listener speaks plain HTTP, which only loopback may."},
    {.key = "behind_proxy",
     .type = SETTING_FLAG,
     .offset = offsetof(struct listen_settings, is_behind_proxy),
     .fallback = "false",
     .help = "Allows plain HTTP on other addresses: a proxy in front does TLS."},
    {0},
};

#define LIMIT(name, kind, member, low, high, default_, text)                                       \
    {                                                                                              \
        .key = name, .type = kind, .offset = offsetof(struct limit_settings, member), .min = low,  \
        .max = high, .fallback = default_, .help = text                                            \
    }

static const struct setting limit_keys[] = {
    LIMIT("body_max", SETTING_BYTES, body_max, 65536, 256LL << 20, "16MiB",
          "Of one request. Larger ones are answered 413."),
    LIMIT("buffer_max", SETTING_BYTES, buffer_max, 1 << 20, 16LL << 30, "256MiB",
          "Of all bodies that are arriving or unanswered."),
    LIMIT("ledger_max", SETTING_BYTES, ledger_max, 1 << 20, 16LL << 30, "128MiB",
          "Of bodies that wait for their commit; beyond: 503 with Retry-After."),
    LIMIT("max_connections", SETTING_COUNT, max_connections, 8, 100000, "4096",
          "Further ones are closed at once."),
    LIMIT("max_in_flight", SETTING_COUNT, max_in_flight, 8, 100000, "4096",
          "Unanswered requests; beyond: 503."),
    LIMIT("max_in_flight_per_connection", SETTING_COUNT, max_in_flight_per_connection, 1, 10000,
          "100", "The same for one connection."),
    LIMIT("header_timeout", SETTING_DURATION, header_us, 100000, 600000000, "5s",
          "For the handshake and for each request's head."),
    LIMIT("body_timeout", SETTING_DURATION, body_us, 100000, 3600000000, "30s",
          "For a whole body, plus 1s per 64KiB."),
    LIMIT("idle_timeout", SETTING_DURATION, idle_us, 1000000, 3600000000, "330s",
          "Between two requests of a connection."),
    LIMIT("write_timeout", SETTING_DURATION, write_us, 100000, 3600000000, "10s",
          "For the peer to read an answer, plus 1s per 32KiB."),
    {0},
};

static const char *const level_words[] = {"debug", "info", "notice", "warning", "error", NULL};
static const char *const format_words[] = {"logfmt", "json", NULL};
_Static_assert(LOG_ERROR == 4 && LOG_JSON == 1, "the words stand in the order of the enums");

static const struct setting log_keys[] = {
    {.key = "level",
     .type = SETTING_WORD,
     .offset = offsetof(struct log_settings, level),
     .words = level_words,
     .fallback = "info",
     .help = "The least that is written to standard error."},
    {.key = "format",
     .type = SETTING_WORD,
     .offset = offsetof(struct log_settings, format),
     .words = format_words,
     .fallback = "logfmt",
     .help = "One line per event either way."},
    {0},
};

static const struct setting action_keys[] = {
    {.key = "enabled",
     .type = SETTING_FLAG,
     .offset = offsetof(struct action_settings, is_enabled),
     .fallback = "true",
     .help = "false: this replica runs no remediation scripts."},
    {.key = "run_as",
     .type = SETTING_TEXT,
     .offset = offsetof(struct action_settings, run_as),
     .help = "User the scripts run as; needs alertify to be started as root."},
    {.key = "allow_own",
     .type = SETTING_FLAG,
     .offset = offsetof(struct action_settings, is_own_allowed),
     .fallback = "false",
     .help = "Scripts may belong to alertify's own user instead of root. For development."},
    {.key = "max_concurrent",
     .type = SETTING_COUNT,
     .offset = offsetof(struct action_settings, max_concurrent),
     .min = 1,
     .max = 32,
     .fallback = "4",
     .help = "Scripts that run at the same time."},
    {.key = "memory_max",
     .type = SETTING_BYTES,
     .offset = offsetof(struct action_settings, memory_max),
     .min = 16 << 20,
     .max = 64LL << 30,
     .fallback = "1GiB",
     .help = "Address space of each process of a script."},
    {0},
};

static const struct setting dead_man_keys[] = {
    {.key = "url",
     .type = SETTING_SECRET,
     .offset = offsetof(struct dead_man_settings, url),
     .min = 8,
     .is_required = true,
     .help = "!file PATH or !env NAME; it is fetched with GET, any 2xx is fine."},
    {.key = "every",
     .type = SETTING_DURATION,
     .offset = offsetof(struct dead_man_settings, every_us),
     .min = 1000000,
     .max = 3600000000,
     .fallback = "1m",
     .help = "How often each replica does so."},
    {.key = "timeout",
     .type = SETTING_DURATION,
     .offset = offsetof(struct dead_man_settings, timeout_us),
     .min = 100000,
     .max = 60000000,
     .fallback = "10s",
     .help = "How long one may take."},
    {.key = "allow_private",
     .type = SETTING_FLAG,
     .offset = offsetof(struct dead_man_settings, is_private_allowed),
     .fallback = "false",
     .help = "The address may be loopback or a private network's."},
    {0},
};

static const struct setting settings_keys[] = {
    {.key = "database",
     .type = SETTING_GROUP,
     .offset = offsetof(struct process_settings, database),
     .keys = database_keys,
     .is_required = true,
     .help = "Where everything is kept."},
    {.key = "routes",
     .type = SETTING_PATHS,
     .offset = offsetof(struct process_settings, routes),
     .is_required = true,
     .help =
         "The routing files: one path or a list. A folder stands for its *.yml, in name order."},
    {.key = "watch",
     .type = SETTING_FLAG,
     .offset = offsetof(struct process_settings, is_watching),
     .fallback = "false",
     .help = "Load the routing files when they change on disk, as SIGHUP would."},
    {.key = "listen",
     .type = SETTING_LIST,
     .offset = offsetof(struct process_settings, listen),
     .keys = listen_keys,
     .item_size = sizeof(struct listen_settings),
     .place_offset = offsetof(struct listen_settings, place),
     .is_required = true,
     .help = "Where requests come in."},
    {.key = "external_url",
     .type = SETTING_TEXT,
     .offset = offsetof(struct process_settings, external_url),
     .help = "How people's browsers reach this server; the links in messages begin with it.\n"
             "Default: what the first listener suggests. The routing files may set it, too."},
    {.key = "secret_key",
     .type = SETTING_SECRETS,
     .offset = offsetof(struct process_settings, secret_key),
     .min = SECRET_KEY_BYTES_MIN,
     .is_required = true,
     .help = "What links are signed with; at least 32 random bytes, the same on all replicas.\n"
             "During a change a list of two: the new one, then the old one."},
    {.key = "replica_name",
     .type = SETTING_TEXT,
     .offset = offsetof(struct process_settings, replica_name),
     .help = "How this process is called in logs and in the database. Default: the host's name."},
    {.key = "limits",
     .type = SETTING_GROUP,
     .offset = offsetof(struct process_settings, limits),
     .keys = limit_keys,
     .help = "What one peer, and all together, may cost."},
    {.key = "log",
     .type = SETTING_GROUP,
     .offset = offsetof(struct process_settings, log),
     .keys = log_keys,
     .help = "Standard error."},
    {.key = "actions",
     .type = SETTING_GROUP,
     .offset = offsetof(struct process_settings, actions),
     .keys = action_keys,
     .help = "Remediation scripts."},
    {.key = "dead_man",
     .type = SETTING_GROUP,
     .offset = offsetof(struct process_settings, dead_man),
     .keys = dead_man_keys,
     .help = "An address of somebody else who tells people when it is not fetched any more:\n"
             "the watch on alertify itself. It is fetched only while all is well."},
    {.key = "ca_bundle",
     .type = SETTING_PATH,
     .offset = offsetof(struct process_settings, ca_bundle),
     .help = "PEM; trusted for outbound TLS instead of the system's."},
    {.key = "drain_timeout",
     .type = SETTING_DURATION,
     .offset = offsetof(struct process_settings, drain_us),
     .min = 1000000,
     .max = 600000000,
     .fallback = "10s",
     .help = "How long a stop may take; what still runs then is taken over by others."},
    {0},
};

/* ---- reading --------------------------------------------------------------------------------- */

enum status file_read(struct arena *arena, const char *path, size_t max, struct str *ret,
                      struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return err_at(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, path, "%s", strerror(errno));
    }
    struct stat st;
    enum status status = OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        status = err_at(err, ERR_INVALID, path, "not a regular file");
    }
    char *text = status == OK ? arena_alloc(arena, max + 1) : NULL;
    size_t n = 0;
    while (status == OK && n <= max) {
        ssize_t got = read(fd, text + n, max + 1 - n);
        if (got == 0) {
            break;
        }
        if (got > 0) {
            n += (size_t)got;
        } else if (errno != EINTR) {
            status = err_at(err, ERR_IO, path, "%s", strerror(errno));
        }
    }
    if (status == OK && n > max) {
        status = err_at(err, ERR_TOO_LARGE, path, "more than %zu bytes", max);
    }
    close(fd);
    *ret = status == OK ? (struct str){text, n} : STR_EMPTY;
    return status;
}

static bool is_loopback_host(struct arena *arena, struct str host)
{
    struct in_addr v4;
    struct in6_addr v6;
    const char *text = str_dup(arena, host).p;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        return (ntohl(v4.s_addr) >> 24) == 127;
    }
    if (inet_pton(AF_INET6, text, &v6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
    }
    return str_eq(host, STR("localhost"));
}

bool listen_address_parse(struct arena *arena, struct listen_settings *listen)
{
    struct str text = listen->address;
    size_t colon = text.n;
    while (colon > 0 && text.p[colon - 1] != ':') {
        colon--;
    }
    struct str host = str_slice(text, 0, colon ? colon - 1 : 0);
    struct str port = str_slice(text, colon, text.n);
    if (colon == 0 || port.n == 0 || port.n > 5) {
        return false;
    }
    unsigned number = 0;
    for (size_t i = 0; i < port.n; i++) {
        if (port.p[i] < '0' || port.p[i] > '9') {
            return false;
        }
        number = number * 10 + (unsigned)(port.p[i] - '0');
    }
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']') {
        host = str_slice(host, 1, host.n - 1);
    } else if (str_contains(host, STR(":"))) {
        return false; /* an IPv6 address needs its brackets */
    }
    if (number > UINT16_MAX) {
        return false;
    }
    listen->host = str_dup(arena, str_eq(host, STR("*")) ? STR_EMPTY : host);
    listen->port = (uint16_t)number;
    listen->is_loopback = host.n > 0 && is_loopback_host(arena, host);
    return true;
}

static void check_listeners(struct process_settings *s, const struct problem_file *file,
                            struct problems *p)
{
    struct listen_settings *listens = s->listen.v;
    if (s->listen.n > LISTENERS_MAX) {
        problem_add(p, false, file, listens[LISTENERS_MAX].place, NULL, "at most %d listeners",
                    LISTENERS_MAX);
    }
    for (size_t i = 0; i < s->listen.n; i++) {
        struct listen_settings *l = &listens[i];
        if (l->address.n == 0) {
            continue; /* reported */
        }
        bool is_plain = l->tls.certificate.n == 0;
        if (!listen_address_parse(&s->arena, l)) {
            problem_add(p, false, file, l->place, NULL,
                        "\"%.*s\" is not host:port, [::1]:port or :port", STR_ARG(l->address));
        } else if (is_plain && !l->is_loopback && !l->is_behind_proxy) {
            problem_add(p, false, file, l->place,
                        "add tls, or behind_proxy: true if a proxy in front does TLS",
                        "plain HTTP is only for loopback addresses, %.*s is not one",
                        STR_ARG(l->address));
        }
        if (l->tls.is_client_required && l->tls.client_ca.n == 0) {
            problem_add(p, false, file, l->place, NULL, "client_required needs client_ca");
        }
    }
}

static void check_actions(struct process_settings *s, struct problems *p)
{
    struct action_settings *a = &s->actions;
    if (a->run_as.n == 0) {
        return;
    }
    struct passwd entry, *found = NULL;
    char buffer[4096];
    if (getpwnam_r(a->run_as.p, &entry, buffer, sizeof(buffer), &found) != 0 || !found) {
        problem_add_plain(p, false, "", "actions.run_as: there is no user \"%s\"", a->run_as.p);
    } else if (geteuid() != 0) {
        problem_add_plain(p, false, "",
                          "actions.run_as: only a server that was started as root can run scripts "
                          "as somebody else");
    } else {
        a->has_run_as = true;
        a->uid = entry.pw_uid;
        a->gid = entry.pw_gid;
    }
}

static void check_external_url(struct process_settings *s, struct problems *p)
{
    struct str url = s->external_url;
    while (url.n && url.p[url.n - 1] == '/') {
        url.n--;
    }
    s->external_url = str_dup(&s->arena, url);
    if (url.n && !str_starts_with(url, STR("http://")) && !str_starts_with(url, STR("https://"))) {
        problem_add_plain(p, false, "", "external_url has to begin with https:// or http://");
    }
}

static void set_replica_name(struct process_settings *s)
{
    if (s->replica_name.n == 0) {
        char name[256] = "";
        (void)gethostname(name, sizeof(name) - 1);
        s->replica_name = str_dup(&s->arena, str_from(name[0] ? name : "alertify"));
    }
}

bool settings_text_read(struct str name, struct str folder, struct str text,
                        struct process_settings *s, struct problems *p)
{
    struct settings_reader reader = {
        .arena = &s->arena, .file = {name, text}, .folder = folder, .problems = p};
    struct err err = ERR_INIT;
    struct yaml_problem place;
    const struct yaml_node *root;
    if (yaml_parse_marked(&s->arena, name, text, &root, &place, &err) != OK) {
        problem_add(p, false, &reader.file, place, NULL, "%s", err.detail);
        return false;
    }
    char *shown = arena_dup(&s->arena, text.p, text.n);
    settings_mask_secrets(settings_keys, root, shown, text.n);
    reader.file.text = (struct str){shown, text.n};
    static const struct yaml_node empty_map = {.kind = YAML_MAP, .line = 1, .col = 1};
    settings_bind(&reader, settings_keys, yaml_is_null(root) ? &empty_map : root, s);
    check_listeners(s, &reader.file, p);
    check_actions(s, p);
    check_external_url(s, p);
    set_replica_name(s);
    return p->n_errors == 0;
}

bool settings_file_read(const char *path, struct process_settings *s, struct problems *p)
{
    struct err err = ERR_INIT;
    struct str text;
    if (file_read(&s->arena, path, YAML_BYTES_MAX, &text, &err) != OK) {
        problem_add_plain(p, false, err.where, "%s", err.detail);
        return false;
    }
    return settings_text_read(str_from(path), path_folder(str_from(path)), text, s, p);
}

void process_settings_default(struct process_settings *s, struct problems *p)
{
    struct settings_reader reader = {.arena = &s->arena,
                                     .file = {STR("defaults"), STR_EMPTY},
                                     .folder = STR("."),
                                     .problems = p};
    settings_bind(&reader, settings_keys, NULL, s);
    set_replica_name(s);
}

void process_settings_free(struct process_settings *s)
{
    arena_release(&s->arena);
}

const struct listen_settings *listen_settings_at(const struct process_settings *s, size_t i)
{
    CHECK(i < s->listen.n);
    return (const struct listen_settings *)s->listen.v + i;
}

bool is_loopback_only(const struct process_settings *s)
{
    bool is_only = true;
    for (size_t i = 0; i < s->listen.n; i++) {
        const struct listen_settings *l = listen_settings_at(s, i);
        is_only &= l->is_loopback && !l->is_behind_proxy;
    }
    return is_only;
}

void settings_file_describe(struct strbuf *out)
{
    settings_describe(settings_keys, 0, out);
}
