/* Answers of the library itself: HTTP/1 bodies that are too large or broken, bad HTTP/2 headers.
 *
 * The library counts nothing we can see, and closes the connection at once: what the client is
 * still sending then meets a reset, which can overtake the 413. So a duplicate of the socket stays
 * for a moment, says that nothing more will come, and throws away what arrives. */
#include "adapters/http_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_US = 2 * 1000 * 1000, DISCARD_BYTES = 32 * 1024, READS_PER_STEP = 64 };

void http_linger_on_answer(h2o_logger_t *self, h2o_req_t *req)
{
    (void)self;
    h2o_socket_t *sock = req->conn->callbacks->get_socket(req->conn);
    struct http_conn *c = sock ? sock->on_close.data : NULL;
    if (!c) {
        return;
    }
    http_answer_count(req->res.status, req->version);
    struct http_server *s = c->server;
    if (req->version >= 0x200 || req->res.status != 413 || s->n_lingering == HTTP_LINGERING_MAX) {
        return;
    }
    int fd = fcntl(h2o_socket_get_fd(sock), F_DUPFD_CLOEXEC, 0);
    if (fd >= 0) {
        s->lingering[s->n_lingering++] =
            (struct http_lingering){.fd = fd, .until_us = monotonic_us() + LINGER_US};
    }
}

/* False when the peer has ended or broken the connection. */
static bool discard(int fd)
{
    char bin[DISCARD_BYTES]; /* never read */
    for (int i = 0; i < READS_PER_STEP; i++) {
        ssize_t n = recv(fd, bin, sizeof(bin), MSG_DONTWAIT);
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        if (n == 0) {
            return false;
        }
    }
    return true;
}

void http_linger_step(struct http_server *s, int64_t now_us)
{
    for (size_t i = 0; i < s->n_lingering;) {
        struct http_lingering *l = &s->lingering[i];
        if (!l->is_shut) {
            l->is_shut = true;
            shutdown(l->fd, SHUT_WR);
        }
        if (!discard(l->fd) || now_us > l->until_us) {
            close(l->fd);
            *l = s->lingering[--s->n_lingering];
        } else {
            i++;
        }
    }
}

void http_linger_end(struct http_server *s)
{
    while (s->n_lingering > 0) {
        close(s->lingering[--s->n_lingering].fd);
    }
}
