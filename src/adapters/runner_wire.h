#pragma once
/* runner_wire — the messages between process_runner, its helper and the supervisors.
 *
 * One SOCK_SEQPACKET message each; anything big travels as a sealed memfd beside it. Both ends are
 * the same binary, so structs go over as they are. Layer: adapters. */
#include "ports/runner.h"

#include <sys/types.h>

enum {
    WIRE_ARGS_MAX = 256,
    WIRE_ENV_MAX = 64,
    WIRE_TEXTS_MAX = 256 * 1024, /* file, arguments and variables together */
    WIRE_INPUT_MAX = 4 * 1024 * 1024,
    WIRE_OUTPUT_MAX = 1024 * 1024,
    WIRE_FDS_MAX = 2,
};

/* With two descriptors: the texts (file, arguments, NAME=value, each ended by NUL), the input. */
struct wire_request {
    uint64_t token;
    int64_t timeout_us;
    size_t n_args, n_env;
    size_t output_max;
};

enum wire_kind { WIRE_STARTED, WIRE_REFUSED, WIRE_ENDED };

/* WIRE_ENDED may bring one descriptor: the output. */
struct wire_report {
    enum wire_kind kind;
    uint64_t token;
    enum status status; /* refused */
    enum run_outcome outcome;
    int code;
    bool is_cut;
    int64_t duration_us;
    char text[256]; /* why it was refused or did not start */
};

/* False when the other side is gone. */
bool wire_send(int fd, const void *message, size_t n, const int *fds, size_t n_fds);
/* Blocks. True for one message of exactly n bytes with at most WIRE_FDS_MAX descriptors (now the
 * caller's; missing ones are -1). False at the end of the connection or for anything odd. */
bool wire_receive(int fd, void *message, size_t n, int fds[WIRE_FDS_MAX]);
/* A sealed memfd with these bytes, positioned at its start; -1 with errno. */
int wire_memory(const void *p, size_t n);
/* All of a memfd, at most max bytes. */
MUST_CHECK bool wire_read_memory(int fd, struct arena *, size_t max, struct str *ret);
void wire_close(int *fd);
