#include "adapters/http_inner.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Bounds what one read can bring and what the kernel keeps for a stalled connection. The kernel
 * doubles it; 2 MB/s remain at 100 ms round trip. */
enum { RECEIVE_BUFFER = 208 * 1024, BACKLOG = 4096 };

static int set_options(int fd, int family)
{
    int on = 1, off = 0, size = RECEIVE_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) != 0) {
        return -1;
    }
    return family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) : 0;
}

static int listen_on(const struct addrinfo *ai)
{
    int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    if (set_options(fd, ai->ai_family) != 0 || bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 ||
        listen(fd, BACKLOG) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage ss = {0};
    socklen_t n = sizeof(ss);
    if (getsockname(fd, (struct sockaddr *)&ss, &n) != 0) {
        return 0;
    }
    return ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port
                                          : ((struct sockaddr_in *)&ss)->sin_port);
}

enum status http_listen_open(struct http_listener *l, const struct http_listen *want,
                             struct err *err)
{
    bool is_any = !want->host || !*want->host;
    char port[8], where[128];
    snprintf(port, sizeof(port), "%u", want->port);
    snprintf(where, sizeof(where), "%s:%u", is_any ? "*" : want->host, want->port);
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM,
                             .ai_family = AF_UNSPEC};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(is_any ? NULL : want->host, port, &hints, &found);
    if (rc != 0) {
        return err_at(err, ERR_INVALID, where, "cannot find the address: %s", gai_strerror(rc));
    }
    int fd = -1;
    /* "All addresses" is one IPv6 socket that takes IPv4 too, where there is IPv6. */
    for (struct addrinfo *ai = found; is_any && ai && fd < 0; ai = ai->ai_next) {
        fd = ai->ai_family == AF_INET6 ? listen_on(ai) : -1;
    }
    errno = 0;
    for (struct addrinfo *ai = found; ai && fd < 0; ai = ai->ai_next) {
        fd = listen_on(ai);
    }
    int failed = errno;
    freeaddrinfo(found);
    if (fd < 0) {
        return err_at(err, ERR_IO, where, "cannot listen: %s", strerror(failed));
    }
    l->fd = fd;
    l->port = bound_port(fd);
    return OK;
}
