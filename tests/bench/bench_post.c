/* Posts alerts over plain HTTP/1.1 with keep-alive and says how fast they were taken.
 *
 *     bench_post --port N --path P --bodies N [--shape webhook|api] [--alerts N per body]
 *                [--groups N] [--keys N] [--first N] [--run NAME] [--connections N]
 *                [--rate N per second] [--stamp 1] [--authorization TEXT]
 * Without --rate each connection posts as soon as it is answered (closed loop). With it, bodies are
 * due at fixed times and the time counts from when a body was due, so a server that falls behind
 * cannot hide it (open loop). --stamp puts the time into a label `sent_us`. Prints one JSON line.
 */
#include "alert_body.h"
#include "base/arena.h"
#include "base/monotonic.h"
#include "base/time_units.h"
#include "options.h"
#include "samples.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BODY_MAX = 4 << 20, ANSWER_MAX = 16384, CONNECTIONS_MAX = 256 };
#define GIVE_UP_US (60 * US_PER_S)

struct load {
    struct alert_set set;
    const char *path, *authorization;
    uint64_t bodies, first, rate;
    bool is_stamped;
    /* while it runs */
    int epoll;
    uint64_t started, ended, failed;
    int64_t begin_us;
    struct samples times;
};

struct connection {
    int fd;
    bool is_busy;
    int64_t due_us;
    struct arena arena;
    struct strbuf body, out;
    size_t sent;
    char answer[ANSWER_MAX];
    size_t answer_len;
};

static struct connection connections[CONNECTIONS_MAX];

static void fail(const char *what)
{
    fprintf(stderr, "bench_post: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t wall_us(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

static void watch(struct load *load, struct connection *c, uint32_t events, int operation)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(load->epoll, operation, c->fd, &event) != 0) {
        fail("epoll");
    }
}

static void connect_to(struct load *load, struct connection *c, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        fail("connect");
    }
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    arena_init(&c->arena);
    strbuf_init(&c->body, &c->arena, BODY_MAX);
    strbuf_init(&c->out, &c->arena, BODY_MAX + 4096);
    watch(load, c, EPOLLIN, EPOLL_CTL_ADD);
}

static void send_rest(struct load *load, struct connection *c)
{
    while (c->sent < c->out.n) {
        ssize_t n =
            send(c->fd, c->out.p + c->sent, c->out.n - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            watch(load, c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        if (n < 0) {
            fail("send");
        }
        c->sent += (size_t)n;
    }
    watch(load, c, EPOLLIN, EPOLL_CTL_MOD);
}

static void post(struct load *load, struct connection *c, int64_t due_us)
{
    uint64_t n = load->first + load->started++ * load->set.per_body;
    strbuf_clear(&c->body);
    strbuf_clear(&c->out);
    alert_body_put(&c->body, &load->set, n, load->is_stamped ? wall_us() : 0);
    CHECK(!c->body.is_full);
    strbuf_printf(&c->out,
                  "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  "Content-Length: %zu\r\n",
                  load->path, c->body.n);
    if (load->authorization[0]) {
        strbuf_printf(&c->out, "Authorization: %s\r\n", load->authorization);
    }
    strbuf_add(&c->out, STR("\r\n"));
    strbuf_add(&c->out, strbuf_str(&c->body));
    c->is_busy = true;
    c->sent = 0;
    c->answer_len = 0;
    c->due_us = due_us;
    send_rest(load, c);
}

/* Length of head and body once the head is there, else 0. */
static size_t answer_length(const struct connection *c)
{
    const char *end = memmem(c->answer, c->answer_len, "\r\n\r\n", 4);
    if (!end) {
        return 0;
    }
    size_t head = (size_t)(end - c->answer) + 4;
    struct str rest = {c->answer, head};
    uint64_t length = 0;
    while (rest.p) {
        struct str line = str_trim(str_cut(&rest, '\n'));
        struct str name = str_cut(&line, ':');
        if (str_eq_nocase(name, STR("content-length"))) {
            (void)str_to_u64(str_trim(line), &length);
        }
    }
    return head + (size_t)length;
}

static void on_readable(struct load *load, struct connection *c)
{
    ssize_t n = recv(c->fd, c->answer + c->answer_len, ANSWER_MAX - c->answer_len, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        fail("the server closed a connection");
    }
    c->answer_len += (size_t)n;
    size_t length = answer_length(c);
    CHECK(length <= ANSWER_MAX);
    if (length == 0 || c->answer_len < length) {
        return;
    }
    struct str answer = {c->answer, c->answer_len};
    load->failed += !str_starts_with(answer, STR("HTTP/1.1 2"));
    load->ended++;
    samples_add(&load->times, monotonic_us() - c->due_us);
    c->is_busy = false;
}

static int64_t due_time(const struct load *load)
{
    return load->begin_us + (int64_t)(load->started * (uint64_t)US_PER_S / load->rate);
}

/* Starts what is due on idle connections. */
static void start_due(struct load *load, size_t n_connections)
{
    for (size_t i = 0; i < n_connections && load->started < load->bodies; i++) {
        if (connections[i].is_busy) {
            continue;
        }
        int64_t now = monotonic_us();
        int64_t due = load->rate ? due_time(load) : now;
        if (due > now) {
            return;
        }
        post(load, &connections[i], due);
    }
}

/* With a rate: up to the next due time. Milliseconds are too coarse for some thousand a second. */
static void wait_for_events(struct load *load)
{
    struct epoll_event events[64];
    struct timespec wait = {.tv_sec = 1};
    if (load->rate && load->started < load->bodies) {
        int64_t us = due_time(load) - monotonic_us();
        us = us < 0 ? 100 : us; /* due, but all connections are busy */
        wait = (struct timespec){.tv_sec = us / US_PER_S, .tv_nsec = us % US_PER_S * 1000};
    }
    int n = epoll_pwait2(load->epoll, events, 64, &wait, NULL);
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) {
            send_rest(load, c);
        }
        if (events[i].events & ~(uint32_t)EPOLLOUT) {
            on_readable(load, c);
        }
    }
}

static void run(struct load *load, size_t n_connections)
{
    load->begin_us = monotonic_us();
    while (load->ended < load->bodies) {
        start_due(load, n_connections);
        wait_for_events(load);
        if (monotonic_us() - load->begin_us > GIVE_UP_US) {
            errno = ETIMEDOUT;
            fail("gave up");
        }
    }
    int64_t took_us = monotonic_us() - load->begin_us;
    printf("{\"requests\":%llu,\"alerts\":%llu,\"failed\":%llu,\"seconds\":%.6f,",
           (unsigned long long)load->ended, (unsigned long long)(load->ended * load->set.per_body),
           (unsigned long long)load->failed, (double)took_us / 1e6);
    samples_print(&load->times);
    printf("}\n");
}

int main(int argc, char **argv)
{
    char starts_at[32];
    struct tm tm;
    time_t start = time(NULL) - 60;
    CHECK(strftime(starts_at, sizeof(starts_at), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&start, &tm)) > 0);
    bool is_api = str_eq(str_from(option_text(argc, argv, "--shape", "webhook")), STR("api"));
    struct load load = {
        .set = {.shape = is_api ? SHAPE_API : SHAPE_WEBHOOK,
                .run = option_text(argc, argv, "--run", "r"),
                .per_body = (unsigned)option_number(argc, argv, "--alerts", "3"),
                .groups = option_number(argc, argv, "--groups", "1000"),
                .keys = option_number(argc, argv, "--keys", "0"),
                .starts_at = option_text(argc, argv, "--starts-at", starts_at)},
        .path = option_text(argc, argv, "--path", NULL),
        .authorization = option_text(argc, argv, "--authorization", ""),
        .bodies = option_number(argc, argv, "--bodies", NULL),
        .first = option_number(argc, argv, "--first", "0"),
        .rate = option_number(argc, argv, "--rate", "0"),
        .is_stamped = option_number(argc, argv, "--stamp", "0") > 0,
        .epoll = epoll_create1(EPOLL_CLOEXEC),
    };
    if (option_number(argc, argv, "--print", "0") > 0) {
        struct arena arena;
        struct strbuf body;
        arena_init(&arena);
        strbuf_init(&body, &arena, BODY_MAX);
        alert_body_put(&body, &load.set, load.first, 0);
        printf("%s", body.p);
        arena_release(&arena);
        return 0;
    }
    uint64_t n = option_number(argc, argv, "--connections", "16");
    if (n == 0 || n > CONNECTIONS_MAX || load.set.per_body == 0 || load.set.groups == 0) {
        fprintf(stderr, "bench_post: out of range\n");
        return 2;
    }
    for (size_t i = 0; i < n; i++) {
        connect_to(&load, &connections[i], (uint16_t)option_number(argc, argv, "--port", NULL));
    }
    run(&load, (size_t)n);
    return 0;
}
