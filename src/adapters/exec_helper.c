#include "adapters/exec_helper.h"

#include "adapters/exec_supervisor.h"
#include "adapters/process_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Twice the 32 that runner_fork allows: a run that was reported and replaced may not be reaped. */
enum { SLOTS = 64 };

struct helper {
    const struct runner_settings *settings;
    int socket;
    int life[2]; /* supervisors hold the read end; only we hold the other */
    int signals;
    size_t n;
    pid_t pids[SLOTS];
    uint64_t tokens[SLOTS];
};

static void refuse(const struct helper *helper, uint64_t token, const char *why)
{
    struct wire_report report = {.kind = WIRE_REFUSED, .token = token, .status = ERR_UNAVAILABLE};
    snprintf(report.text, sizeof(report.text), "%s", why);
    wire_send(helper->socket, &report, sizeof(report), NULL, 0);
}

static void bury(struct helper *helper, pid_t pid, int status)
{
    for (size_t i = 0; i < helper->n; i++) {
        if (helper->pids[i] != pid) {
            continue;
        }
        uint64_t token = helper->tokens[i];
        helper->n--;
        helper->pids[i] = helper->pids[helper->n];
        helper->tokens[i] = helper->tokens[helper->n];
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            return;
        }
        /* It was killed without a word; what it watched is now ours. */
        process_tree_kill(helper->pids, helper->n, 2 * US_PER_S);
        struct wire_report report = {
            .kind = WIRE_ENDED, .token = token, .outcome = RUN_SIGNALED, .code = SIGKILL};
        snprintf(report.text, sizeof(report.text), "the script's supervisor died");
        wire_send(helper->socket, &report, sizeof(report), NULL, 0);
        return;
    }
}

static void reap(struct helper *helper)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        bury(helper, pid, status);
    }
}

static void serve(struct helper *helper, const struct wire_request *request, const int *fds)
{
    if (helper->n == SLOTS) {
        refuse(helper, request->token, "too many scripts run");
        return;
    }
    pid_t pid = fork();
    if (pid < 0) {
        refuse(helper, request->token, "no process for the supervisor");
        return;
    }
    if (pid == 0) {
        close(helper->life[1]);
        close(helper->signals);
        struct supervision job = {.settings = helper->settings,
                                  .request = *request,
                                  .texts = fds[0],
                                  .input = fds[1],
                                  .socket = helper->socket,
                                  .life = helper->life[0]};
        supervise(&job);
    }
    helper->pids[helper->n] = pid;
    helper->tokens[helper->n] = request->token;
    helper->n++;
}

static void prepare(struct helper *helper)
{
    prctl(PR_SET_NAME, "alertify-exec", 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    setsid();
    /* The terminal or the service manager signals everybody; we end when alertify does. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    CHECK(null >= 0);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    /* Whatever the parent had open is none of our business. */
    CHECK(dup3(helper->socket, 3, O_CLOEXEC) == 3 || helper->socket == 3);
    helper->socket = 3;
    CHECK(close_range(4, ~0U, 0) == 0);
    CHECK(pipe2(helper->life, O_CLOEXEC) == 0);
    sigset_t chld;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_SETMASK, &chld, NULL);
    helper->signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
    CHECK(helper->signals >= 0);
}

_Noreturn void exec_helper_main(const struct runner_settings *settings, int socket)
{
    struct helper helper = {.settings = settings, .socket = socket};
    prepare(&helper);
    struct pollfd fds[] = {{.fd = helper.socket, .events = POLLIN},
                           {.fd = helper.signals, .events = POLLIN}};
    for (;;) {
        poll(fds, 2, -1);
        if (fds[1].revents) {
            struct signalfd_siginfo info;
            while (read(helper.signals, &info, sizeof(info)) > 0) {
            }
        }
        reap(&helper);
        if (!fds[0].revents) {
            continue;
        }
        struct wire_request request;
        int with[WIRE_FDS_MAX];
        if (!wire_receive(helper.socket, &request, sizeof(request), with)) {
            _exit(0); /* closes the life pipe: the supervisors kill what runs */
        }
        serve(&helper, &request, with);
        wire_close(&with[0]);
        wire_close(&with[1]);
    }
}
