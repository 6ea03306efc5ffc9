#include "adapters/runner_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * WIRE_FDS_MAX)];
};

bool wire_send(int fd, const void *message, size_t n, const int *fds, size_t n_fds)
{
    CHECK(n_fds <= WIRE_FDS_MAX);
    struct iovec part = {.iov_base = (void *)(uintptr_t)message, .iov_len = n};
    union control control;
    memset(&control, 0, sizeof(control));
    struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
    if (n_fds > 0) {
        msg.msg_control = control.bytes;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
        struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
        memcpy(CMSG_DATA(head), fds, sizeof(int) * n_fds);
    }
    ssize_t sent;
    do {
        sent = sendmsg(fd, &msg, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)n;
}

bool wire_receive(int fd, void *message, size_t n, int fds[WIRE_FDS_MAX])
{
    for (size_t i = 0; i < WIRE_FDS_MAX; i++) {
        fds[i] = -1;
    }
    struct iovec part = {.iov_base = message, .iov_len = n};
    union control control;
    struct msghdr msg = {.msg_iov = &part,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    ssize_t got;
    do {
        got = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return false;
    }
    struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
        memcpy(fds, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0));
    }
    if (got == (ssize_t)n && !(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
        return true;
    }
    for (size_t i = 0; i < WIRE_FDS_MAX; i++) {
        wire_close(&fds[i]);
    }
    return false;
}

int wire_memory(const void *p, size_t n)
{
    int fd = memfd_create("alertify-run", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return -1;
    }
    const char *at = p;
    while (n > 0) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno != EINTR) {
            wire_close(&fd);
            return -1;
        }
        at += put > 0 ? put : 0;
        n -= put > 0 ? (size_t)put : 0;
    }
    int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    if (lseek(fd, 0, SEEK_SET) != 0 || fcntl(fd, F_ADD_SEALS, seals) != 0) {
        wire_close(&fd);
        return -1;
    }
    return fd;
}

bool wire_read_memory(int fd, struct arena *arena, size_t max, struct str *ret)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size < 0 || (size_t)st.st_size > max) {
        return false;
    }
    size_t n = (size_t)st.st_size;
    char *p = arena_alloc(arena, n + 1);
    size_t at = 0;
    while (at < n) {
        ssize_t got = pread(fd, p + at, n - at, (off_t)at);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        at += got > 0 ? (size_t)got : 0;
    }
    *ret = (struct str){p, n};
    return true;
}

void wire_close(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}
