/* A replica: the production flows as tasks of one machine, started and stopped as app does. */
#include "sim/world.h"

#include "base/time_units.h"
#include "flows/self_alert.h"
#include "sim/dice.h"
#include "sim/sometimes.h"
#include "sim/trace.h"

#include <string.h>

struct flow_start {
    struct replica *replica;
    struct store *store;
    void (*run)(struct deps *, struct store *);
};

static const struct {
    const char *name;
    void (*run)(struct deps *, struct store *);
} flows[] = {
    {"ledger", flow_ledger},     {"query", flow_query},     {"process", flow_process},
    {"escalate", flow_escalate}, {"deliver", flow_deliver}, {"remediate", flow_remediate},
    {"status", flow_status},
};
enum { FLOWS = sizeof(flows) / sizeof(flows[0]) };

bool replica_runs(const struct replica *r)
{
    return r->is_up && !r->is_draining;
}

static enum status reload(void *arg, struct str by, struct err *err)
{
    (void)arg, (void)by;
    return err_set(err, ERR_UNAVAILABLE, "reloads are made by the simulation itself");
}

static void make_deps(struct replica *r)
{
    static const char *const names[REPLICAS_MAX] = {"r0", "r1", "r2", "r3"};
    struct deps *deps = r->deps = world_alloc(sizeof(*deps));
    machine_enter(&r->machine);
    struct secret *master = secret_new(STR("canary-master-0123456789abcdef01"));
    const struct secret *masters[] = {master};
    deps->links = links_new(masters, 1);
    deps->self_alerts = self_alerts_new();
    deps->ledger = mailbox_new(100, 1 << 20);
    deps->queries = mailbox_new(100, 1 << 20);
    deps->process = mailbox_new(1, 1);
    deps->escalate = mailbox_new(1, 1);
    deps->status = mailbox_new(1, 1);
    machine_leave();
    deps->configuration = config_of_slot(r->slot);
    deps->transfers = transfers_new(r);
    deps->runner = runner_new(r);
    deps->replica.b[0] = (uint8_t)(r->slot + 1);
    memcpy(deps->replica.b + 8, &r->incarnation, sizeof(r->incarnation));
    deps->replica_name = str_from(names[r->slot]);
    deps->external_url = STR("https://alerts.example.org");
    deps->schema_known = r->version;
    deps->reload = reload;
}

static void run_flow(void *arg)
{
    struct flow_start *flow = arg;
    flow->run(flow->replica->deps, flow->store);
}

/* As app: the configuration is known to the database before the first flow runs. */
static void start_flows(void *arg)
{
    struct replica *r = arg;
    struct store *store = database_client(&r->machine, r->deps->replica, &r->link);
    for (;;) {
        struct err err = ERR_INIT;
        if (flow_configuration_save(store, config_snapshot(r->slot, r->config), STR("start"),
                                    &err) == OK) {
            break;
        }
        task_sleep(US_PER_S / 2);
    }
    config_put_in_force(r->slot, r->config);
    if (r->version > db.serves_from) {
        TRACE("replica r%d brings the schema of version %d", r->slot, r->version);
        SOMETIMES(UPGRADED);
        db.serves_from = r->version;
    }
    for (size_t i = 0; i < FLOWS; i++) {
        struct flow_start *flow = world_alloc(sizeof(*flow));
        *flow =
            (struct flow_start){.replica = r,
                                .store = database_client(&r->machine, r->deps->replica, &r->link),
                                .run = flows[i].run};
        task_start(&r->machine, flows[i].name, run_flow, flow);
    }
    r->is_up = true;
    TRACE("replica r%d is up", r->slot);
}

void replica_start(struct replica *r)
{
    CHECK(!r->is_up && !r->deps);
    r->incarnation = dice_u64();
    r->is_draining = false;
    r->machine.paused_until = 0;
    make_deps(r);
    TRACE("replica r%d starts", r->slot);
    task_start(&r->machine, "start", start_flows, r);
}

static void forget(struct replica *r)
{
    transfers_lose(r->deps->transfers);
    runner_lose(r->deps->runner);
    database_forget(&r->machine);
    machine_lose(&r->machine);
    r->deps = NULL;
    r->is_up = r->is_draining = false;
}

void replica_crash(struct replica *r)
{
    TRACE("replica r%d crashes", r->slot);
    SOMETIMES(CRASH);
    if (transfers_in_flight(r->deps->transfers) > 0) {
        SOMETIMES(CRASH_WHILE_SENDING);
    }
    world.crashes++;
    forget(r);
}

/* ---- a stop in order --------------------------------------------------------------------------
 */

static void stop_flows(void *arg)
{
    struct replica *r = arg;
    struct deps *deps = r->deps;
    mailbox_close(deps->ledger);
    mailbox_close(deps->queries);
    atomic_store(&deps->is_draining, true);
    mailbox_nudge(deps->process);
    mailbox_nudge(deps->escalate);
    mailbox_nudge(deps->status);
    transfers_wake(deps->transfers);
    runner_wake(deps->runner);
    int64_t until = sim_now() + 15 * US_PER_S;
    while (machine_tasks(&r->machine) > 1 && sim_now() < until) {
        task_sleep(100 * US_PER_MS);
    }
    if (machine_tasks(&r->machine) == 1) {
        SOMETIMES(DRAINED);
    }
    TRACE("replica r%d has stopped, %zu flows left", r->slot, machine_tasks(&r->machine) - 1);
}

static void after_drain(void *arg)
{
    struct replica *r = arg;
    if (r->is_draining && r->deps) {
        forget(r);
    }
}

void replica_drain(struct replica *r)
{
    TRACE("replica r%d drains", r->slot);
    r->is_draining = true;
    task_start(&r->machine, "drain", stop_flows, r);
    sim_at(sim_now() + 16 * US_PER_S, after_drain, r);
}

struct replica *replica_any(void)
{
    size_t start = dice_below(world.n_replicas);
    for (size_t i = 0; i < world.n_replicas; i++) {
        struct replica *r = &world.replicas[(start + i) % world.n_replicas];
        if (replica_runs(r)) {
            return r;
        }
    }
    return NULL;
}
