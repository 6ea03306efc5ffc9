#include "adapters/exec_supervisor.h"

#include "adapters/exec_script.h"
#include "adapters/output_keep.h"
#include "adapters/process_tree.h"
#include "base/monotonic.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILL_TIMEOUT_US (2 * US_PER_S)
#define TICK_US US_PER_S /* how long a dead orphan may stay a zombie */

struct run {
    const struct supervision *job;
    struct arena arena;
    char **argv, **envp;
    int file;                     /* the script */
    int output, failure, process; /* read ends and the pidfd */
    pid_t pid;
    int64_t start_us;
    struct output_keep keep;
    bool is_ended; /* the main process; then wait_status is known */
    bool is_term_sent, is_kill_sent;
    int wait_status;
};

static _Noreturn void refuse(const struct run *run, const struct err *err)
{
    struct wire_report report = {
        .kind = WIRE_REFUSED, .token = run->job->request.token, .status = err->code};
    snprintf(report.text, sizeof(report.text), "%s", err->detail);
    wire_send(run->job->socket, &report, sizeof(report), NULL, 0);
    _exit(0);
}

static void read_texts(struct run *run)
{
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    static char lang[] = "LANG=C.UTF-8";
    static char home[] = "HOME=/";
    const struct wire_request *request = &run->job->request;
    struct err err = ERR_INIT;
    struct str texts;
    if (!wire_read_memory(run->job->texts, &run->arena, WIRE_TEXTS_MAX, &texts)) {
        err_set(&err, ERR_IO, "cannot read the request");
        refuse(run, &err);
    }
    CHECK(request->n_args <= WIRE_ARGS_MAX && request->n_env <= WIRE_ENV_MAX);
    run->argv = ARENA_ARRAY(&run->arena, char *, request->n_args + 2);
    run->envp = ARENA_ARRAY(&run->arena, char *, request->n_env + 4);
    run->envp[0] = path;
    run->envp[1] = lang;
    run->envp[2] = home;
    struct str rest = texts;
    for (size_t i = 0; i < 1 + request->n_args + request->n_env; i++) {
        char *text = str_c(&run->arena, str_cut(&rest, '\0'));
        if (i <= request->n_args) {
            run->argv[i] = text;
        } else {
            run->envp[3 + i - 1 - request->n_args] = text;
        }
    }
}

static _Noreturn void become_script(struct run *run, int output, int failure)
{
    struct script_start start = {.file = run->file,
                                 .input = run->job->input,
                                 .output = output,
                                 .failure = failure,
                                 .argv = run->argv,
                                 .envp = run->envp,
                                 .timeout_us = run->job->request.timeout_us,
                                 .settings = run->job->settings};
    script_exec(&start);
}

static enum status start(struct run *run, struct err *err)
{
    int output[2];
    int failure[2];
    if (pipe2(output, O_CLOEXEC) != 0 || pipe2(failure, O_CLOEXEC) != 0) {
        return err_set(err, ERR_UNAVAILABLE, "no pipe: %s", strerror(errno));
    }
    run->start_us = monotonic_us();
    run->pid = fork();
    if (run->pid < 0) {
        return err_set(err, ERR_UNAVAILABLE, "no process: %s", strerror(errno));
    }
    if (run->pid == 0) {
        become_script(run, output[1], failure[1]);
    }
    close(output[1]);
    close(failure[1]);
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    run->output = output[0];
    run->failure = failure[0];
    run->process = pidfd_open(run->pid, 0);
    return run->process >= 0 ? OK : err_set(err, ERR_IO, "no pidfd: %s", strerror(errno));
}

/* False at the end of the output. At most a megabyte, so that a flood cannot hide the deadline. */
static bool take_output(struct run *run)
{
    char block[65536];
    for (int i = 0; i < 16; i++) {
        ssize_t n = read(run->output, block, sizeof(block));
        if (n > 0) {
            output_keep_add(&run->keep, block, (size_t)n);
        } else {
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        }
    }
    return true;
}

/* Orphans come to us, so this also buries what the script left behind. */
static void reap(struct run *run)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == run->pid) {
            run->is_ended = true;
            run->wait_status = status;
        }
    }
}

static int64_t push(struct run *run)
{
    int64_t term_at = run->start_us + run->job->request.timeout_us;
    int64_t kill_at = term_at + run->job->settings->term_grace_us;
    int64_t now = monotonic_us();
    if (now >= term_at && !run->is_term_sent) {
        run->is_term_sent = true;
        kill(-run->pid, SIGTERM);
        kill(-run->pid, SIGCONT); /* a stopped process must see it */
    }
    if (now >= kill_at) {
        run->is_kill_sent = true;
        kill(-run->pid, SIGKILL);
    }
    int64_t next = !run->is_term_sent ? term_at : !run->is_kill_sent ? kill_at : now + TICK_US;
    return next - now < TICK_US ? next - now : TICK_US;
}

static void watch(struct run *run)
{
    struct pollfd fds[] = {{.fd = run->process, .events = POLLIN},
                           {.fd = run->output, .events = POLLIN},
                           {.fd = run->job->life, .events = POLLIN}};
    while (!run->is_ended) {
        int64_t wait_us = push(run);
        poll(fds, 3, (int)(wait_us / US_PER_MS + 1));
        if (fds[2].revents) { /* nobody is left to report to */
            process_tree_kill(NULL, 0, KILL_TIMEOUT_US);
            _exit(0);
        }
        if (fds[1].revents && !take_output(run)) {
            fds[1].fd = -1;
        }
        reap(run);
    }
}

static void judge(const struct run *run, struct wire_report *report)
{
    int why = 0;
    if (read(run->failure, &why, sizeof(why)) == sizeof(why)) {
        report->outcome = RUN_NOT_STARTED;
        report->code = why;
        snprintf(report->text, sizeof(report->text), "cannot execute: %s", strerror(why));
    } else if (run->is_term_sent) {
        report->outcome = RUN_TIMED_OUT;
        report->code = run->is_kill_sent ? SIGKILL : SIGTERM;
    } else if (WIFSIGNALED(run->wait_status)) {
        report->outcome = RUN_SIGNALED;
        report->code = WTERMSIG(run->wait_status);
    } else {
        report->outcome = RUN_EXITED;
        report->code = WEXITSTATUS(run->wait_status);
    }
}

static void report_end(struct run *run)
{
    struct wire_report report = {.kind = WIRE_ENDED, .token = run->job->request.token};
    report.duration_us = monotonic_us() - run->start_us;
    size_t left = process_tree_kill(NULL, 0, KILL_TIMEOUT_US);
    take_output(run);
    judge(run, &report);
    if (left > 0 && !report.text[0]) {
        snprintf(report.text, sizeof(report.text), "%zu processes of it could not be killed", left);
    }
    struct str text = output_keep_text(&run->keep, &run->arena, &report.is_cut);
    int memory = wire_memory(text.p, text.n);
    wire_send(run->job->socket, &report, sizeof(report), &memory, memory >= 0 ? 1 : 0);
}

_Noreturn void supervise(const struct supervision *job)
{
    struct run run = {.job = job};
    struct err err = ERR_INIT;
    arena_init(&run.arena);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    read_texts(&run);
    if (script_open(run.argv[0], job->settings->is_own_allowed, &run.file, &err) != OK) {
        refuse(&run, &err);
    }
    output_keep_init(&run.keep, &run.arena, job->request.output_max);
    if (start(&run, &err) != OK) {
        process_tree_kill(NULL, 0, KILL_TIMEOUT_US);
        refuse(&run, &err);
    }
    struct wire_report report = {.kind = WIRE_STARTED, .token = job->request.token};
    wire_send(job->socket, &report, sizeof(report), NULL, 0);
    watch(&run);
    report_end(&run);
    arena_release(&run.arena);
    _exit(0);
}
