/* A webhook receiver that measures how old the alerts are that reach it.
 *
 *     bench_sink --port N --expect N --seconds N
 * prints "port N" (0: a free one); answers every request 200; looks for the label sent_us (wall
 * clock, see bench_post --stamp) and keeps the first arrival of each. Ends when N different ones
 * came, at the latest after so many seconds, with one JSON line. */
#include "base/monotonic.h"
#include "base/time_units.h"
#include "options.h"
#include "samples.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DESCRIPTORS_MAX = 1024, REQUEST_MAX = 256 * 1024, SEEN_MAX = 1 << 16 };

struct peer {
    char *p;
    size_t n;
};

static struct peer peers[DESCRIPTORS_MAX];
static int64_t seen[SEEN_MAX]; /* open addressing by time stamp; 0: free */
static struct samples ages;
static uint64_t repeats;

static int64_t wall_us(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

static void note(int64_t sent_us, int64_t now_us)
{
    uint64_t at = (uint64_t)sent_us * UINT64_C(0x9E3779B97F4A7C15) >> 48;
    while (seen[at % SEEN_MAX] != 0 && seen[at % SEEN_MAX] != sent_us) {
        at++;
    }
    if (seen[at % SEEN_MAX] == sent_us) {
        repeats++;
        return;
    }
    CHECK(ages.n < SEEN_MAX / 2);
    seen[at % SEEN_MAX] = sent_us;
    samples_add(&ages, now_us - sent_us);
}

static void read_body(struct str body)
{
    static const char mark[] = "\"sent_us\"";
    int64_t now = wall_us();
    const char *at = memmem(body.p, body.n, mark, sizeof(mark) - 1);
    if (!at) {
        return;
    }
    struct str rest = str_slice(body, (size_t)(at - body.p) + sizeof(mark) - 1, body.n);
    (void)str_cut(&rest, '"');
    uint64_t sent = 0;
    if (str_to_u64(str_cut(&rest, '"'), &sent)) {
        note((int64_t)sent, now);
    }
}

/* Length of the first whole request in the buffer, 0 if it is not all there. */
static size_t request_length(const struct peer *peer, size_t *ret_head)
{
    const char *end = memmem(peer->p, peer->n, "\r\n\r\n", 4);
    if (!end) {
        return 0;
    }
    uint64_t length = 0;
    *ret_head = (size_t)(end - peer->p) + 4;
    struct str rest = {peer->p, *ret_head};
    while (rest.p) {
        struct str line = str_trim(str_cut(&rest, '\n'));
        if (str_eq_nocase(str_cut(&line, ':'), STR("content-length"))) {
            (void)str_to_u64(str_trim(line), &length);
        }
    }
    CHECK(length <= REQUEST_MAX - *ret_head);
    return peer->n >= *ret_head + length ? *ret_head + (size_t)length : 0;
}

static void on_readable(int fd)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    struct peer *peer = &peers[fd];
    ssize_t n = recv(fd, peer->p + peer->n, REQUEST_MAX - peer->n, 0);
    if (n <= 0) {
        close(fd);
        peer->n = 0;
        return;
    }
    peer->n += (size_t)n;
    size_t head = 0, length;
    while ((length = request_length(peer, &head)) > 0) {
        read_body((struct str){peer->p + head, length - head});
        (void)!send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
        memmove(peer->p, peer->p + length, peer->n - length);
        peer->n -= length;
    }
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

static void on_connection(int epoll, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(fd >= 0 && fd < DESCRIPTORS_MAX);
    if (!peers[fd].p) {
        peers[fd].p = malloc(REQUEST_MAX);
        CHECK(peers[fd].p);
    }
    peers[fd].n = 0;
    watch(epoll, fd);
}

static int start_listening(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    at.sin_port = htons(port);
    CHECK(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
    CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 128) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    printf("port %u\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    uint64_t expected = option_number(argc, argv, "--expect", NULL);
    int64_t until_us =
        monotonic_us() + (int64_t)option_number(argc, argv, "--seconds", NULL) * US_PER_S;
    int listener = start_listening((uint16_t)option_number(argc, argv, "--port", "0"));
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener);
    while (ages.n < expected && monotonic_us() < until_us) {
        struct epoll_event events[64];
        int n = epoll_wait(epoll, events, 64, 100);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener) {
                on_connection(epoll, listener);
            } else {
                on_readable(events[i].data.fd);
            }
        }
    }
    printf("{\"arrived\":%zu,\"repeated\":%llu,", ages.n, (unsigned long long)repeats);
    samples_print(&ages);
    printf("}\n");
    return 0;
}
