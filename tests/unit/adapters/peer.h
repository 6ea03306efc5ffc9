#pragma once
/* peer — a plain HTTP/1.1 server thread on loopback for tests of outbound requests.
 * The path of a request says how the peer behaves; see peer_answer. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct peer {
    int fd;
    int port;
    pthread_t thread;
    atomic_int requests;
    atomic_int connections;
    atomic_int open; /* connections being served */
};

static inline void peer_say(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Reads one request; returns its length, 0 at the end of the connection. */
static inline size_t peer_read(int fd, char *buf, size_t max)
{
    size_t n = 0;
    for (;;) {
        ssize_t got = recv(fd, buf + n, max - 1 - n, 0);
        if (got <= 0) {
            return 0;
        }
        n += (size_t)got;
        buf[n] = '\0';
        const char *head_end = strstr(buf, "\r\n\r\n");
        if (!head_end) {
            continue;
        }
        const char *length = strstr(buf, "Content-Length: ");
        size_t body = length && length < head_end ? strtoul(length + 16, NULL, 10) : 0;
        if (n >= (size_t)(head_end + 4 - buf) + body) {
            return n;
        }
    }
}

static inline void peer_pour(int fd, size_t bytes)
{
    char block[16384];
    memset(block, 'x', sizeof(block));
    while (bytes > 0) {
        size_t take = bytes < sizeof(block) ? bytes : sizeof(block);
        ssize_t put = send(fd, block, take, MSG_NOSIGNAL);
        if (put <= 0) {
            return;
        }
        bytes -= (size_t)put;
    }
}

static inline bool peer_is(const char *path, const char *name)
{
    return strncmp(path, name, strlen(name)) == 0 && strchr(" ?", path[strlen(name)]);
}

/* False: close the connection. */
static inline bool peer_answer(int fd, const char *request, size_t n, int nth_on_connection)
{
    static const struct {
        const char *path, *reply;
    } fixed[] = {
        {"/ok", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"},
        {"/429", "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"},
        {"/date", "HTTP/1.1 503 No\r\nRetry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n"
                  "Content-Length: 0\r\n\r\n"},
        {"/redirect", "HTTP/1.1 302 There\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n"},
        {"/half", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"},
        {"/half500", "HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\npart"},
    };
    const char *path = strchr(request, ' ') + 1;
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (peer_is(path, fixed[i].path)) {
            peer_say(fd, fixed[i].reply);
            return strncmp(path, "/half", 5) != 0;
        }
    }
    if (peer_is(path, "/huge")) {
        peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n");
        peer_pour(fd, 3000000);
        return true;
    }
    if (peer_is(path, "/endless")) {
        peer_say(fd, "HTTP/1.1 200 OK\r\n\r\n");
        peer_pour(fd, SIZE_MAX);
        return false;
    }
    if (peer_is(path, "/echo")) {
        char head[128];
        snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
        peer_say(fd, head);
        (void)!send(fd, request, n, MSG_NOSIGNAL);
        return true;
    }
    if (peer_is(path, "/once") && nth_on_connection == 1) {
        peer_say(fd, fixed[0].reply);
        return true;
    }
    if (peer_is(path, "/hang")) {
        char c;
        (void)!recv(fd, &c, 1, 0);
        return false;
    }
    struct linger now = {.l_onoff = 1, .l_linger = 0}; /* "/reset", and the second "/once" */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    return false;
}

struct peer_connection {
    struct peer *peer;
    int fd;
};

static inline void *peer_serve(void *arg)
{
    struct peer_connection *connection = arg;
    static const size_t max = 1 << 16;
    char *buf = malloc(max);
    assert_non_null(buf);
    int nth = 0;
    size_t n;
    while ((n = peer_read(connection->fd, buf, max)) > 0) {
        atomic_fetch_add(&connection->peer->requests, 1);
        if (!peer_answer(connection->fd, buf, n, ++nth)) {
            break;
        }
    }
    close(connection->fd);
    free(buf);
    atomic_fetch_sub(&connection->peer->open, 1);
    free(connection);
    return NULL;
}

static inline void *peer_accept(void *arg)
{
    struct peer *peer = arg;
    int fd;
    while ((fd = accept(peer->fd, NULL, NULL)) >= 0) {
        atomic_fetch_add(&peer->connections, 1);
        atomic_fetch_add(&peer->open, 1);
        struct peer_connection *connection = malloc(sizeof(*connection));
        assert_non_null(connection);
        *connection = (struct peer_connection){peer, fd};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, peer_serve, connection), 0);
        pthread_detach(thread);
    }
    return NULL;
}

static inline void peer_start(struct peer *peer)
{
    memset(peer, 0, sizeof(*peer));
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(peer->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(peer->fd, 64), 0);
    socklen_t len = sizeof(at);
    assert_int_equal(getsockname(peer->fd, (struct sockaddr *)&at, &len), 0);
    peer->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&peer->thread, NULL, peer_accept, peer), 0);
}

/* The clients must be gone already: waits for every connection to end. */
static inline void peer_stop(struct peer *peer)
{
    shutdown(peer->fd, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->fd);
    while (atomic_load(&peer->open) > 0) {
        usleep(1000);
    }
}
