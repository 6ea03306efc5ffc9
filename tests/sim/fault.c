/* What goes wrong: machines, links, the database, its clock. One fault after the other until the
 * world becomes calm, each with an end. */
#include "sim/world.h"

#include <stddef.h>
#include <string.h>

#include "base/time_units.h"
#include "sim/dice.h"
#include "sim/sometimes.h"
#include "sim/trace.h"

static int troubles; /* that last */

static void trouble_begins(void)
{
    troubles++;
    world.is_disturbed = true;
    world.well_since = AT_NONE;
}

static void trouble_ends(void)
{
    CHECK(troubles > 0);
    if (--troubles == 0) {
        world.well_since = sim_now();
    }
}

static struct replica *one_that_runs(void)
{
    struct replica *r = replica_any();
    return r && r->is_up ? r : NULL;
}

static void end_trouble(void *arg)
{
    (void)arg;
    trouble_ends();
}

static void step_clock_by(int64_t us)
{
    TRACE("the database's clock steps by %.1f s", (double)us / 1e6);
    SOMETIMES(CLOCK_STEPPED);
    trouble_begins();
    db.clock_offset_us += us;
    world.clock_forward_us += us > 0 ? us : 0;
    world.clock_stepped_at = sim_now();
    sim_at(sim_now() + US_PER_S, end_trouble, NULL);
}

static void step_clock(void)
{
    step_clock_by(dice_chance(500000) ? dice_between(-2 * US_PER_S, 2 * US_PER_S)
                                      : dice_between(-90 * US_PER_S, 90 * US_PER_S));
}

/* ---- machines -------------------------------------------------------------------------------- */

static void start_again(void *arg)
{
    struct replica *r = arg;
    if (r->deps) { /* it is still about to stop */
        sim_at(sim_now() + US_PER_S, start_again, r);
        return;
    }
    if (world.chances.reloads && dice_chance(300000)) {
        r->config = (int)dice_below(CONFIGS);
        world.has_reloaded = true;
    }
    if (r->version < db.serves_from) {
        r->version = (int)db.serves_from; /* an older one would not start */
    }
    replica_start(r);
    trouble_ends();
}

static int64_t down_for(void)
{
    return dice_chance(500000) ? dice_between(1000, 2 * US_PER_S)
                               : dice_between(2 * US_PER_S, 20 * US_PER_S);
}

static void crash_one(struct replica *r)
{
    trouble_begins();
    replica_crash(r);
    sim_at(sim_now() + down_for(), start_again, r);
}

static void crash(void)
{
    struct replica *r = one_that_runs();
    if (r) {
        crash_one(r);
    }
}

static void crash_all(void)
{
    SOMETIMES(ALL_CRASHED);
    for (size_t i = 0; i < world.n_replicas; i++) {
        if (replica_runs(&world.replicas[i])) {
            crash_one(&world.replicas[i]);
        }
    }
    if (world.chances.clock_steps && dice_chance(500000)) {
        step_clock_by(-dice_between(US_PER_S, 90 * US_PER_S)); /* with nobody there to see it */
    }
}

static void drain(void)
{
    struct replica *r = one_that_runs();
    if (r) {
        trouble_begins();
        replica_drain(r);
        sim_at(sim_now() + 17 * US_PER_S, start_again, r);
    }
}

/* One of several is replaced by a newer version, and the others give way to it. */
static void upgrade(void)
{
    struct replica *r = one_that_runs();
    if (r && world.n_replicas > 1 && r->version < VERSIONS) {
        r->version++;
        trouble_begins();
        replica_drain(r);
        sim_at(sim_now() + 17 * US_PER_S, start_again, r);
    }
}

static void pause_machine(struct machine *m)
{
    int64_t us = dice_chance(500000) ? dice_between(1000, 2 * US_PER_S)
                                     : dice_between(2 * US_PER_S, 40 * US_PER_S);
    TRACE("a replica stands still for %.1f s", (double)us / 1e6);
    SOMETIMES(PAUSED);
    trouble_begins();
    m->paused_until = sim_now() + us;
    sim_at(m->paused_until, end_trouble, NULL);
}

static void pause_one(void)
{
    struct replica *r = one_that_runs();
    if (r) {
        pause_machine(&r->machine);
    }
}

void fault_at_commit(struct machine *m)
{
    bool is_early = sim_now() < world.calm_at - 45 * US_PER_S;
    /* Scripts are few, and between `started` and the start there is nothing but this commit. */
    bool is_script = strcmp(task_name(), "remediate") == 0;
    if (world.chances.pauses && is_early && m->paused_until <= sim_now() &&
        dice_chance(is_script ? 100000 : 2000)) {
        pause_machine(m);
    }
}

/* ---- links ----------------------------------------------------------------------------------- */

static void heal_link(void *arg)
{
    struct replica *r = arg;
    r->link.lose_request = r->link.lose_answer = r->link.late_answer = 0;
    r->link.trip_us = 400;
    trouble_ends();
}

static void trouble_link(void)
{
    struct replica *r = &world.replicas[dice_below(world.n_replicas)];
    trouble_begins();
    r->link.lose_request = (unsigned)dice_below(60000);
    r->link.lose_answer = (unsigned)dice_below(60000);
    r->link.late_answer = (unsigned)dice_below(15000);
    r->link.trip_us = dice_chance(300000) ? dice_between(1000, 60000) : 400;
    TRACE("replica r%d: its link to the database loses calls", r->slot);
    sim_at(sim_now() + dice_between(2 * US_PER_S, 25 * US_PER_S), heal_link, r);
}

static void half_open(void)
{
    struct replica *r = &world.replicas[dice_below(world.n_replicas)];
    int64_t us = dice_between(US_PER_S, 15 * US_PER_S);
    TRACE("replica r%d: its link to the database is silent for %.1f s", r->slot, (double)us / 1e6);
    trouble_begins();
    r->link.silent_until = sim_now() + us;
    sim_at(r->link.silent_until, end_trouble, NULL);
}

/* ---- the database ---------------------------------------------------------------------------- */

static void come_back(void *arg)
{
    (void)arg;
    TRACE("the database is back");
    database_come_back();
    trouble_ends();
}

static void restart_for(int64_t us)
{
    if (!db.is_down) {
        TRACE("the database restarts");
        SOMETIMES(SERVER_RESTARTED);
        trouble_begins();
        database_crash();
        sim_at(sim_now() + us, come_back, NULL);
    }
}

static void restart_database(void)
{
    restart_for(dice_between(US_PER_S / 5, 12 * US_PER_S));
}

/* Long enough that nobody was seen lately. */
static void restart_long(void *arg)
{
    (void)arg;
    restart_for(dice_between(6 * US_PER_S, 12 * US_PER_S));
}

void fault_at_request(void)
{
    bool is_early = sim_now() < world.calm_at - 45 * US_PER_S;
    if (world.chances.restarts && is_early && dice_chance(200000)) {
        sim_at(sim_now() + dice_between(100, 20000), restart_long, NULL);
    }
}

static void fail_over_now(void *arg)
{
    (void)arg;
    if (!db.is_down) {
        SOMETIMES(FAILED_OVER);
        trouble_begins();
        TRACE("a standby takes over");
        database_fail_over(dice_between(-10 * US_PER_S, 10 * US_PER_S));
        sim_at(sim_now() + dice_between(US_PER_S / 2, 8 * US_PER_S), come_back, NULL);
    }
}

static void fail_over(void)
{
    fail_over_now(NULL);
}

static void hang_commits(void)
{
    int64_t us = dice_between(US_PER_S / 2, 12 * US_PER_S);
    if (db.commits_hang_until < sim_now()) {
        TRACE("commits wait for a standby for %.1f s", (double)us / 1e6);
        trouble_begins();
        db.commits_hang_until = sim_now() + us;
        sim_at(db.commits_hang_until, end_trouble, NULL);
        if (world.chances.failovers && dice_chance(300000)) {
            sim_at(sim_now() + us / 2, fail_over_now, NULL);
        }
    }
}

/* ---- configuration --------------------------------------------------------------------------- */

static void reload_task(void *arg)
{
    struct replica *r = arg;
    struct err err = ERR_INIT;
    int config = (int)dice_below(CONFIGS);
    struct store *store = database_client(&r->machine, r->deps->replica, &r->link);
    if (flow_configuration_save(store, config_snapshot(r->slot, config), STR("reload"), &err) ==
        OK) {
        r->config = config;
        config_put_in_force(r->slot, config);
        world.has_reloaded = true;
        SOMETIMES(RELOADED);
        TRACE("replica r%d: configuration %d is in force", r->slot, config);
    }
    database_close(store);
}

static void reload(void)
{
    struct replica *r = one_that_runs();
    if (r) {
        task_start(&r->machine, "reload", reload_task, r);
    }
}

/* ---- one after the other --------------------------------------------------------------------- */

struct fault {
    size_t chance; /* offset in struct chances */
    void (*happen)(void);
};

#define CHANCE(name) offsetof(struct chances, name)

static const struct fault faults[] = {
    {CHANCE(crashes), crash},          {CHANCE(crashes), crash},
    {CHANCE(crashes), crash_all},      {CHANCE(drains), drain},
    {CHANCE(pauses), pause_one},       {CHANCE(links), trouble_link},
    {CHANCE(half_open), half_open},    {CHANCE(restarts), restart_database},
    {CHANCE(failovers), fail_over},    {CHANCE(commits_hang), hang_commits},
    {CHANCE(clock_steps), step_clock}, {CHANCE(reloads), reload},
    {CHANCE(upgrades), upgrade},
};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

static bool is_enabled(const struct fault *f)
{
    return *(const bool *)((const char *)&world.chances + f->chance);
}

static void next_fault(void *arg)
{
    (void)arg;
    if (sim_now() >= world.calm_at - 45 * US_PER_S) {
        return; /* the last ones have to end before the world is calm */
    }
    const struct fault *f = &faults[dice_below(FAULTS)];
    if (is_enabled(f)) {
        f->happen();
    }
    sim_at(sim_now() + dice_between(US_PER_S / 10, 8 * US_PER_S), next_fault, NULL);
}

void faults_start(void)
{
    troubles = 0;
    world.well_since = sim_now();
    world.is_disturbed = false;
    sim_at(sim_now() + dice_between(US_PER_S, 15 * US_PER_S), next_fault, NULL);
}
