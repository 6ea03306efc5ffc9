#include "adapters/process_runner.h"

#include "adapters/exec_helper.h"
#include "adapters/runner_wire.h"
#include "base/monotonic.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONCURRENT_DEFAULT = 4, CONCURRENT_MAX = 32, VALUE_MAX = 4096, OUTPUT_DEFAULT = 65536 };
#define START_TIMEOUT_US (5 * US_PER_S)

/* An end that came while runner_start waited for its own answer. */
struct ended {
    struct wire_report report;
    int output;
};

struct runner {
    struct runner_settings settings;
    pid_t helper;
    int socket;
    int wake;
    bool is_gone;
    uint64_t tokens[CONCURRENT_MAX]; /* asked for and not ended */
    size_t n_tokens;
    struct ended ended[CONCURRENT_MAX];
    size_t n_ended;
};

static struct runner_settings with_defaults(const struct runner_settings *given)
{
    struct runner_settings settings = *given;
    settings.max_concurrent = given->max_concurrent ? given->max_concurrent : CONCURRENT_DEFAULT;
    settings.memory_max = given->memory_max ? given->memory_max : UINT64_C(1) << 30;
    settings.file_max = given->file_max ? given->file_max : UINT64_C(64) << 20;
    settings.processes_max = given->processes_max ? given->processes_max : 256;
    settings.term_grace_us = given->term_grace_us ? given->term_grace_us : 5 * US_PER_S;
    return settings;
}

enum status runner_fork(const struct runner_settings *given, struct runner **ret, struct err *err)
{
    struct runner_settings settings = with_defaults(given);
    if (settings.max_concurrent > CONCURRENT_MAX) {
        return err_set(err, ERR_INVALID, "more than %d scripts at once", CONCURRENT_MAX);
    }
    if (settings.has_run_as && geteuid() != 0) {
        return err_set(err, ERR_INVALID, "running scripts as another user needs root");
    }
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return err_set(err, ERR_IO, "no socket for the helper: %s", strerror(errno));
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        exec_helper_main(&settings, pair[1]);
    }
    close(pair[1]);
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pid < 0 || wake < 0) {
        close(pair[0]); /* the helper, if there is one, ends by this */
        return err_set(err, ERR_IO, "no helper process: %s", strerror(errno));
    }
    struct runner *runner = calloc(1, sizeof(*runner));
    CHECK(runner);
    runner->settings = settings;
    runner->helper = pid;
    runner->socket = pair[0];
    runner->wake = wake;
    *ret = runner;
    return OK;
}

void runner_free(struct runner *runner)
{
    if (!runner) {
        return;
    }
    wire_close(&runner->socket);
    int64_t until = monotonic_us() + 2 * US_PER_S;
    while (waitpid(runner->helper, NULL, WNOHANG) == 0) {
        if (monotonic_us() > until) {
            kill(runner->helper, SIGKILL);
        }
        usleep(1000);
    }
    for (size_t i = 0; i < runner->n_ended; i++) {
        wire_close(&runner->ended[i].output);
    }
    wire_close(&runner->wake);
    free(runner);
}

pid_t runner_helper_pid(const struct runner *runner)
{
    return runner->helper;
}

static bool has_nul(struct str s)
{
    return s.n > 0 && memchr(s.p, '\0', s.n) != NULL;
}

static enum status check_variable(const struct run_variable *variable, struct err *err)
{
    static const char *const taken[] = {"PATH", "LANG", "HOME", "ENV", "BASH_ENV", "IFS"};
    struct str name = variable->name;
    bool is_good = name.n > 0 && name.n <= 64 && !(name.p[0] >= '0' && name.p[0] <= '9');
    for (size_t i = 0; is_good && i < name.n; i++) {
        char c = name.p[i];
        is_good = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
    if (!is_good) {
        return err_set(err, ERR_INVALID, "a variable's name is not like ALERT_NAME");
    }
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (str_eq(name, str_from(taken[i])) || str_starts_with(name, STR("LD_"))) {
            return err_set(err, ERR_INVALID, "variable %.*s may not be set", STR_ARG(name));
        }
    }
    bool is_plain = variable->value.n <= VALUE_MAX;
    for (size_t i = 0; is_plain && i < variable->value.n; i++) {
        unsigned char c = (unsigned char)variable->value.p[i];
        is_plain = c >= 0x20 && c != 0x7f;
    }
    return is_plain ? OK
                    : err_set(err, ERR_INVALID,
                              "the value of %.*s has control bytes or more than %d bytes",
                              STR_ARG(name), VALUE_MAX);
}

static enum status check(const struct run_request *request, struct err *err)
{
    if (request->file.n == 0 || request->file.n > 4000 || request->file.p[0] != '/' ||
        has_nul(request->file)) {
        return err_set(err, ERR_INVALID, "the script's file is not an absolute path");
    }
    if (request->timeout_us < US_PER_S || request->timeout_us > US_PER_HOUR) {
        return err_set(err, ERR_INVALID, "the timeout is not between 1 s and 1 h");
    }
    if (request->n_args > WIRE_ARGS_MAX || request->n_env > WIRE_ENV_MAX ||
        request->input.n > WIRE_INPUT_MAX || request->output_max > WIRE_OUTPUT_MAX) {
        return err_set(err, ERR_INVALID, "too many arguments or variables, or too much data");
    }
    for (size_t i = 0; i < request->n_args; i++) {
        if (has_nul(request->args[i])) {
            return err_set(err, ERR_INVALID, "argument %zu has a NUL byte", i + 1);
        }
    }
    for (size_t i = 0; i < request->n_env; i++) {
        enum status status = check_variable(&request->env[i], err);
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

static enum status send_request(struct runner *runner, const struct run_request *request,
                                struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    struct strbuf texts;
    strbuf_init(&texts, &arena, WIRE_TEXTS_MAX);
    strbuf_add(&texts, request->file);
    strbuf_add_char(&texts, '\0');
    for (size_t i = 0; i < request->n_args; i++) {
        strbuf_add(&texts, request->args[i]);
        strbuf_add_char(&texts, '\0');
    }
    for (size_t i = 0; i < request->n_env; i++) {
        strbuf_add(&texts, request->env[i].name);
        strbuf_add_char(&texts, '=');
        strbuf_add(&texts, request->env[i].value);
        strbuf_add_char(&texts, '\0');
    }
    size_t kept = request->output_max ? request->output_max : OUTPUT_DEFAULT;
    struct wire_request message = {.token = request->token,
                                   .timeout_us = request->timeout_us,
                                   .n_args = request->n_args,
                                   .n_env = request->n_env,
                                   .output_max = kept < 256 ? 256 : kept};
    enum status status = OK;
    int fds[2] = {wire_memory(texts.p, texts.n), wire_memory(request->input.p, request->input.n)};
    if (texts.is_full) {
        status =
            err_set(err, ERR_INVALID, "arguments and variables exceed %d bytes", WIRE_TEXTS_MAX);
    } else if (fds[0] < 0 || fds[1] < 0) {
        status = err_set(err, ERR_UNAVAILABLE, "no memory file: %s", strerror(errno));
    } else if (!wire_send(runner->socket, &message, sizeof(message), fds, 2)) {
        runner->is_gone = true;
        status = err_set(err, ERR_IO, "the helper process is gone");
    }
    wire_close(&fds[0]);
    wire_close(&fds[1]);
    arena_release(&arena);
    return status;
}

static bool is_running(const struct runner *runner, uint64_t token)
{
    for (size_t i = 0; i < runner->n_tokens; i++) {
        if (runner->tokens[i] == token) {
            return true;
        }
    }
    return false;
}

static void forget(struct runner *runner, uint64_t token)
{
    for (size_t i = 0; i < runner->n_tokens; i++) {
        if (runner->tokens[i] == token) {
            runner->tokens[i] = runner->tokens[--runner->n_tokens];
            return;
        }
    }
}

/* Puts an end aside for runner_wait. A second end of one run (its supervisor was killed in the
 * moment after its report) is dropped. */
static void keep_end(struct runner *runner, struct ended *ended)
{
    if (ended->report.kind == WIRE_ENDED && is_running(runner, ended->report.token)) {
        forget(runner, ended->report.token);
        runner->ended[runner->n_ended++] = *ended;
    } else {
        wire_close(&ended->output);
    }
}

/* OK with a report; ERR_TIMEOUT; ERR_IO if the helper is gone. */
static enum status receive(struct runner *runner, bool is_wakeable, int64_t timeout_us,
                           struct ended *ret, struct err *err)
{
    if (runner->is_gone) {
        return err_set(err, ERR_IO, "the helper process is gone");
    }
    struct pollfd fds[] = {{.fd = runner->socket, .events = POLLIN},
                           {.fd = is_wakeable ? runner->wake : -1, .events = POLLIN}};
    int64_t wait_ms = (timeout_us + US_PER_MS - 1) / US_PER_MS;
    int n = poll(fds, 2, wait_ms < 0 ? 0 : wait_ms > 600000 ? 600000 : (int)wait_ms);
    if (n > 0 && fds[0].revents) {
        int with[WIRE_FDS_MAX];
        if (wire_receive(runner->socket, &ret->report, sizeof(ret->report), with)) {
            ret->output = with[0];
            return OK;
        }
        runner->is_gone = true;
        return err_set(err, ERR_IO, "the helper process is gone");
    }
    return err_set(err, ERR_TIMEOUT, "no script ended");
}

size_t runner_running(const struct runner *runner)
{
    return runner->n_tokens + runner->n_ended;
}

static enum status await_start(struct runner *runner, uint64_t token, struct err *err)
{
    int64_t until = monotonic_us() + START_TIMEOUT_US;
    for (;;) {
        struct ended got;
        enum status status = receive(runner, false, until - monotonic_us(), &got, err);
        if (status == ERR_TIMEOUT && monotonic_us() < until) {
            *err = ERR_INIT;
            continue;
        }
        if (status != OK) {
            runner->is_gone = true; /* what it did is unknown, so it is not asked again */
            return ERR_IO;
        }
        bool is_ours = got.report.token == token;
        if (got.report.kind == WIRE_REFUSED && is_ours) {
            return err_set(err, got.report.status, "%s", got.report.text);
        }
        keep_end(runner, &got);
        /* An end without a start: its supervisor died before it could say more. */
        if (is_ours) {
            return OK;
        }
    }
}

enum status runner_start(struct runner *runner, const struct run_request *request, struct err *err)
{
    struct err own = ERR_INIT;
    err = err ? err : &own;
    enum status status = check(request, err);
    if (status != OK) {
        return status;
    }
    if (runner->is_gone) {
        return err_set(err, ERR_IO, "the helper process is gone");
    }
    if (is_running(runner, request->token)) {
        return err_set(err, ERR_INVALID, "a script with this token runs already");
    }
    if (runner_running(runner) >= runner->settings.max_concurrent) {
        return err_set(err, ERR_UNAVAILABLE, "%zu scripts run already", runner_running(runner));
    }
    status = send_request(runner, request, err);
    if (status != OK) {
        return status;
    }
    runner->tokens[runner->n_tokens++] = request->token;
    status = await_start(runner, request->token, err);
    if (status != OK) {
        forget(runner, request->token);
    }
    return status;
}

static void deliver(struct runner *runner, struct arena *arena, struct run_result *ret)
{
    struct ended ended = runner->ended[0];
    runner->n_ended--;
    memmove(runner->ended, runner->ended + 1, runner->n_ended * sizeof(ended));
    *ret = (struct run_result){.token = ended.report.token,
                               .outcome = ended.report.outcome,
                               .code = ended.report.code,
                               .is_cut = ended.report.is_cut,
                               .duration_us = ended.report.duration_us,
                               .output = STR_EMPTY};
    ret->detail = str_dup(arena, str_from(ended.report.text));
    if (ended.output >= 0 &&
        !wire_read_memory(ended.output, arena, WIRE_OUTPUT_MAX, &ret->output)) {
        ret->is_cut = true;
    }
    wire_close(&ended.output);
}

enum status runner_wait(struct runner *runner, struct arena *arena, int64_t timeout_us,
                        struct run_result *ret, struct err *err)
{
    if (runner->n_ended == 0) {
        struct ended ended;
        enum status status = receive(runner, true, timeout_us, &ended, err);
        if (status != OK) {
            eventfd_t wakes; /* a wake that comes with an end stays for the next wait */
            eventfd_read(runner->wake, &wakes);
            return status;
        }
        keep_end(runner, &ended);
    }
    if (runner->n_ended == 0) {
        return err_set(err, ERR_TIMEOUT, "no script ended");
    }
    deliver(runner, arena, ret);
    return OK;
}

void runner_wake(struct runner *runner)
{
    eventfd_write(runner->wake, 1);
}
