/* sim — the production flows in simulated worlds, one per seed.
 *
 *     sim --seeds N [--first S] [--jobs J]   run N seeds; one line of JSON at the end
 *     sim --seed S [--trace]                 run one; with its events on standard error
 *     sim --regressions FILE …               first the seeds of that file, one in each line
 * Exit code 1: an invariant was violated, or a SOMETIMES was never reached (with --require-all). */
#include "base/time_units.h"
#include "sim/check.h"
#include "sim/dice.h"
#include "sim/sometimes.h"
#include "sim/source.h"
#include "sim/trace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CALM_US (60 * US_PER_S)

enum { JOBS_MAX = 64, SEEDS_KEPT_MAX = 1000 };

struct world world;

/* What the jobs report; shared memory. */
struct job {
    uint64_t seeds, steps, calls, commits, crashes, virtual_us;
    uint64_t failed_seed, now_seed;
    bool has_failed;
    char invariant[16], text[600];
    uint64_t sometimes[sometimes_COUNT];
};

struct options {
    uint64_t first, n, seed;
    unsigned jobs;
    bool is_single, traces, requires_all;
    const char *regressions;
};

static struct job *jobs;
static struct job *job;

/* ---- one seed -------------------------------------------------------------------------------- */

static void draw_chances(struct chances *c)
{
    *c = (struct chances){0};
    c->ack_per_million = (unsigned)dice_below(4) * 200000;
    c->resolve_per_million = dice_chance(300000) ? 100000 : 0;
    c->merge_per_million = dice_chance(250000) ? 250000 : 0;
    c->meddle_per_million = dice_chance(300000) ? 300000 : 0;
    c->silences = dice_chance(300000);
    c->scanners = dice_chance(300000);
    c->late_copies = dice_chance(400000);
    if (dice_chance(80000)) {
        return; /* a world in which nothing goes wrong has stricter rules */
    }
    bool *const all[] = {&c->crashes,        &c->pauses,           &c->links,
                         &c->half_open,      &c->restarts,         &c->failovers,
                         &c->commits_hang,   &c->clock_steps,      &c->provider_errors,
                         &c->provider_waits, &c->provider_silence, &c->provider_loses_answer,
                         &c->answers_lost,   &c->http_slow,        &c->reloads,
                         &c->drains,         &c->upgrades};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        *all[i] = dice_chance(350000);
    }
}

static void become_calm(void *arg)
{
    (void)arg;
    TRACE("the world is calm");
    world.is_calm = true;
    sources_finish();
}

static void look_around(void *arg)
{
    (void)arg;
    check_overdue();
    sim_at(sim_now() + US_PER_S, look_around, NULL);
}

static void start_replica(void *arg)
{
    replica_start(arg);
}

static void after_each(void)
{
}

static void prepare(uint64_t seed, bool traces)
{
    dice_seed(seed);
    scheduler_reset(WORLD_START_AT);
    trace_reset(traces);
    world_memory_reset();
    for (size_t i = 0; i < REPLICAS_MAX; i++) {
        memory_lose(&world.replicas[i].machine);
    }
    world = (struct world){.seed = seed,
                           .clock_stepped_at = AT_NONE,
                           .clock_ahead_at = AT_NONE,
                           .clock_highest = AT_NONE};
    database_reset();
    check_reset();
    people_reset();
    draw_chances(&world.chances);
    world.n_replicas = 1 + dice_below(3) + dice_chance(200000);
    world.calm_at = sim_now() + dice_between(80, 160) * US_PER_S;
    world.ends_at = world.calm_at + CALM_US;
    int config = (int)dice_below(CONFIGS);
    for (size_t i = 0; i < world.n_replicas; i++) {
        struct replica *r = &world.replicas[i];
        r->slot = (int)i;
        r->version = 1;
        r->config = config;
        r->link.trip_us = 400;
        sim_at(sim_now() + dice_between(0, US_PER_S), start_replica, r);
    }
    sources_start();
    silencers_start();
    faults_start();
    sim_at(world.calm_at, become_calm, NULL);
    sim_at(sim_now() + US_PER_S, look_around, NULL);
}

/* True: nothing was violated. */
static bool run_seed(uint64_t seed, bool traces)
{
    job->now_seed = seed;
    prepare(seed, traces);
    sim_run(world.ends_at, after_each);
    if (!check_has_failed()) {
        check_end();
    }
    job->seeds++;
    job->steps += sim_steps();
    job->calls += db.calls;
    job->commits += db.commits;
    job->crashes += world.crashes;
    job->virtual_us += (uint64_t)(sim_now() - WORLD_START_AT);
    for (size_t i = 0; i < REPLICAS_MAX; i++) {
        if (world.replicas[i].deps) {
            machine_lose(&world.replicas[i].machine);
        }
    }
    return !check_has_failed();
}

static void note_failure(uint64_t seed)
{
    job->has_failed = true;
    job->failed_seed = seed;
    snprintf(job->invariant, sizeof(job->invariant), "%s", check_invariant());
    snprintf(job->text, sizeof(job->text), "%s", check_text());
}

/* ---- many seeds ------------------------------------------------------------------------------ */

/* A CHECK of the program has failed: that is a find, too. */
static void on_abort(int signal)
{
    (void)signal;
    job->has_failed = true;
    job->failed_seed = job->now_seed;
    snprintf(job->invariant, sizeof(job->invariant), "CHECK");
    snprintf(job->text, sizeof(job->text), "the program aborted itself");
    _exit(1);
}

/* The smallest seed that fails is what counts: nobody needs to go on behind it. */
static bool is_failed_before(const struct options *o, uint64_t seed)
{
    for (unsigned i = 0; i < o->jobs; i++) {
        if (jobs[i].has_failed && jobs[i].failed_seed < seed) {
            return true;
        }
    }
    return false;
}

static void run_job(const struct options *o, unsigned index)
{
    job = &jobs[index];
    sometimes_counts = job->sometimes;
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
    for (uint64_t i = index; i < o->n && !is_failed_before(o, o->first + i); i += o->jobs) {
        if (!run_seed(o->first + i, false)) {
            note_failure(o->first + i);
            _exit(1);
        }
    }
    _exit(0);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void add_up(struct job *sum, const struct job *j)
{
    sum->seeds += j->seeds;
    sum->steps += j->steps;
    sum->calls += j->calls;
    sum->commits += j->commits;
    sum->crashes += j->crashes;
    sum->virtual_us += j->virtual_us;
    for (int i = 0; i < sometimes_COUNT; i++) {
        sum->sometimes[i] += j->sometimes[i];
    }
    if (j->has_failed && (!sum->has_failed || j->failed_seed < sum->failed_seed)) {
        sum->has_failed = true;
        sum->failed_seed = j->failed_seed;
        memcpy(sum->invariant, j->invariant, sizeof(sum->invariant));
        memcpy(sum->text, j->text, sizeof(sum->text));
    }
}

static int report(const struct options *o, const struct job *sum, double seconds)
{
    int hit = 0;
    for (int i = 0; i < sometimes_COUNT; i++) {
        hit += sum->sometimes[i] > 0;
        if (sum->sometimes[i] == 0 && o->requires_all) {
            fprintf(stderr, "never reached: %s\n", sometimes_name((enum sometimes)i));
        }
    }
    if (sum->has_failed) {
        fprintf(
            stderr,
            "seed %llu violates %s: %s\nagain, with its events: ./dev sim --seed %llu --trace\n",
            (unsigned long long)sum->failed_seed, sum->invariant, sum->text,
            (unsigned long long)sum->failed_seed);
    }
    printf("{\"suite\":\"sim\",\"first\":%llu,\"seeds\":%llu,\"violations\":%d,",
           (unsigned long long)o->first, (unsigned long long)sum->seeds, sum->has_failed);
    if (sum->has_failed) {
        printf("\"seed\":%llu,\"invariant\":\"%s\",", (unsigned long long)sum->failed_seed,
               sum->invariant);
    }
    printf(
        "\"sometimes_hit\":%d,\"sometimes_total\":%d,\"steps\":%llu,\"calls\":%llu,"
        "\"commits\":%llu,\"crashes\":%llu,\"virtual_h\":%.1f,\"secs\":%.1f,\"times_real\":%.0f}\n",
        hit, sometimes_COUNT, (unsigned long long)sum->steps, (unsigned long long)sum->calls,
        (unsigned long long)sum->commits, (unsigned long long)sum->crashes,
        (double)sum->virtual_us / 3.6e9, seconds, (double)sum->virtual_us / 1e6 / seconds);
    return sum->has_failed || (o->requires_all && hit < sometimes_COUNT);
}

static int run_many(const struct options *o)
{
    struct job sum = {0};
    double started = seconds_now();
    fflush(stdout);
    for (unsigned i = 0; i < o->jobs; i++) {
        if (fork() == 0) {
            run_job(o, i);
        }
    }
    while (wait(NULL) > 0) {
    }
    for (unsigned i = 0; i < o->jobs; i++) {
        add_up(&sum, &jobs[i]);
    }
    return report(o, &sum, seconds_now() - started);
}

static int run_single(uint64_t seed, bool traces)
{
    bool is_good = run_seed(seed, traces);
    if (!is_good) {
        fprintf(stderr, "seed %llu violates %s: %s\n", (unsigned long long)seed, check_invariant(),
                check_text());
    }
    printf("{\"suite\":\"sim\",\"seed\":%llu,\"violations\":%d,\"steps\":%llu}\n",
           (unsigned long long)seed, !is_good, (unsigned long long)sim_steps());
    return !is_good;
}

/* ---- options --------------------------------------------------------------------------------- */

static int run_regressions(const char *path)
{
    char line[200];
    int failed = 0;
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        return 1;
    }
    while (fgets(line, sizeof(line), file)) {
        if (line[0] >= '0' && line[0] <= '9') {
            uint64_t seed = strtoull(line, NULL, 10);
            if (!run_seed(seed, false)) {
                fprintf(stderr, "seed %llu violates %s: %s\n", (unsigned long long)seed,
                        check_invariant(), check_text());
                failed = 1;
            }
        }
    }
    fclose(file);
    return failed;
}

static struct options read_options(int argc, char **argv)
{
    struct options o = {.first = 1, .n = 1000, .jobs = 1};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        if (strcmp(argv[i], "--trace") == 0) {
            o.traces = true;
        } else if (strcmp(argv[i], "--require-all") == 0) {
            o.requires_all = true;
        } else if (strcmp(argv[i], "--seeds") == 0) {
            o.n = strtoull(value, NULL, 10);
            i++;
        } else if (strcmp(argv[i], "--first") == 0) {
            o.first = strtoull(value, NULL, 10);
            i++;
        } else if (strcmp(argv[i], "--seed") == 0) {
            o.seed = strtoull(value, NULL, 10);
            o.is_single = true;
            i++;
        } else if (strcmp(argv[i], "--jobs") == 0) {
            o.jobs = (unsigned)strtoul(value, NULL, 10);
            i++;
        } else if (strcmp(argv[i], "--regressions") == 0) {
            o.regressions = argv[++i];
        } else {
            fprintf(stderr, "sim: what is %s?\n", argv[i]);
            exit(2);
        }
    }
    o.requires_all = o.requires_all && o.n >= 5000; /* rare states need many worlds */
    o.jobs = o.jobs < 1 ? 1 : o.jobs > JOBS_MAX ? JOBS_MAX : o.jobs;
    return o;
}

int main(int argc, char **argv)
{
    struct options o = read_options(argc, argv);
    jobs = mmap(NULL, JOBS_MAX * sizeof(*jobs), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                -1, 0);
    CHECK(jobs != MAP_FAILED);
    job = &jobs[0];
    sometimes_counts = job->sometimes;
    configs_prepare();
    if (o.regressions && run_regressions(o.regressions) != 0) {
        return 1;
    }
    *job = (struct job){0};
    return o.is_single ? run_single(o.seed, o.traces) : run_many(&o);
}
