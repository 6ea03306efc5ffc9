/* The routing files of the simulation: three, so that a reload changes plans and ways. */
#include "sim/world.h"

#include "base/check.h"
#include "base/time_units.h"
#include "channels/message_templates.h"

#include <stdio.h>
#include <stdlib.h>

/* Everything that the flows can do, in short times: escalations with waits, repeats, conditions,
 * holds, scripts that hold a page, reminders, silence, flapping, storms, inhibition. */
#define HEAD                                                                                       \
    "external_url: https://alerts.example.org\n"                                                   \
    "sources:\n"                                                                                   \
    "  am: { type: alertmanager, auth: { bearer: !env TOKEN } }\n"                                 \
    "channels:\n"                                                                                  \
    "  slack: { bot_token: !env SLACK }\n"                                                         \
    "  telegram: { bot_token: !env TELEGRAM }\n"                                                   \
    "  email: { server: 'smtps://mail.example.org:465', from: 'a@example.org' }\n"                 \
    "  webhooks:\n"                                                                                \
    "    anna: { url: 'https://hooks.example.org/anna' }\n"                                        \
    "    boris: { url: 'https://hooks.example.org/boris' }\n"                                      \
    "    ops: { url: 'https://hooks.example.org/ops' }\n"                                          \
    "    carla: { url: 'https://hooks.example.org/carla' }\n"                                      \
    "users:\n"                                                                                     \
    "  anna: { name: Anna, webhook: anna, email: anna@example.org }\n"                             \
    "  boris: { name: Boris, telegram: 77, webhook: boris }\n"                                     \
    "  nobody: { name: Nobody }\n"                                                                 \
    "  carla: { name: Carla, webhook: carla, quiet: { severity: [info] } }\n"                      \
    "teams:\n"                                                                                     \
    "  crew: { members: [anna, nobody, boris] }\n"                                                 \
    "actions:\n"                                                                                   \
    "  fix: { file: /opt/fix, timeout: 20s }\n"                                                    \
    "inhibit_rules:\n"                                                                             \
    "  - { source_matchers: ['alertname=\"S1\"'], target_matchers: ['alertname=\"S2\"'] }\n"       \
    "route:\n"                                                                                     \
    "  receiver: rest\n"                                                                           \
    "  group_by: [alertname]\n"                                                                    \
    "  routes:\n"

#define ROUTES                                                                                     \
    "    - { matchers: ['severity=\"critical\"'], receiver: page }\n"                              \
    "    - { matchers: ['severity=\"hold\"'], receiver: hold }\n"                                  \
    "    - { matchers: ['severity=\"fix\"'], receiver: fix }\n"                                    \
    "    - { matchers: ['severity=\"chat\"'], receiver: chat }\n"                                  \
    "    - { matchers: ['severity=\"turn\"'], receiver: turns }\n"

#define RECEIVERS                                                                                  \
    "  - name: hold\n"                                                                             \
    "    hold: 6s\n"                                                                               \
    "    resolve: { notice: false }\n"                                                             \
    "    escalation:\n"                                                                            \
    "      - notify: [user:nobody]\n"                                                              \
    "      - wait: 20s\n"                                                                          \
    "      - notify: [user:anna, user:boris]\n"                                                    \
    "      - wait: 15s\n"                                                                          \
    "      - { if: 'round:1', then: [ { notify: ['slack:#ops'] } ] }\n"                            \
    "      - wait: 10s\n"                                                                          \
    "      - repeat: 1\n"                                                                          \
    "  - name: fix\n"                                                                              \
    "    escalation:\n"                                                                            \
    "      - { run: fix, wait: 10s }\n"                                                            \
    "      - notify: [user:boris]\n"                                                               \
    "      - wait: 20s\n"                                                                          \
    "      - notify: [user:anna]\n"                                                                \
    "  - name: chat\n"                                                                             \
    "    storm: { pages: 2, within: 30s, reserve: 1 }\n"                                           \
    "    escalation:\n"                                                                            \
    "      - notify: ['slack:#ops', 'telegram:-100']\n"                                            \
    "      - wait: 25s\n"                                                                          \
    "      - notify: ['slack:#ops', user:anna]\n"                                                  \
    "  - name: turns\n"                                                                            \
    "    remind: 1m\n"                                                                             \
    "    unack: 1m\n"                                                                              \
    "    escalation:\n"                                                                            \
    "      - { notify: [team:crew], round_robin: true }\n"                                         \
    "      - wait: 15s\n"                                                                          \
    "      - { notify: [user:boris, 'slack:#ops', user:anna], round_robin: true }\n"               \
    "      - wait: 12s\n"                                                                          \
    "      - repeat: 2\n"                                                                          \
    "  - name: rest\n"                                                                             \
    "    escalation:\n"                                                                            \
    "      - notify: [user:carla, webhook:ops]\n"                                                  \
    "      - wait: 15s\n"                                                                          \
    "      - notify: [webhook:ops]\n"                                                              \
    "catch_all: rest\n"

static const char *const texts[CONFIGS] = {
    HEAD ROUTES "receivers:\n"
                "  - name: page\n"
                "    remind: 1m\n"
                "    unack: 1m\n"
                "    escalation:\n"
                "      - notify: [user:anna]\n"
                "      - wait: 20s\n"
                "      - notify: [user:boris]\n"
                "      - wait: 25s\n"
                "      - repeat: 1\n" RECEIVERS,
    HEAD ROUTES "receivers:\n"
                "  - name: page\n"
                "    flap: { cycles: 3, within: 2m, settle: 1m }\n"
                "    escalation:\n"
                "      - notify: [user:boris]\n"
                "      - wait: 15s\n"
                "      - notify: [user:anna, webhook:ops]\n"
                "      - wait: 30s\n"
                "      - repeat: 2\n" RECEIVERS,
    HEAD "    - { matchers: ['severity=~\"critical|hold\"'], receiver: page }\n"
         "    - { matchers: ['severity=\"chat\"'], receiver: chat }\n"
         "    - { matchers: ['severity=\"turn\"'], receiver: turns }\n"
         "receivers:\n"
         "  - name: page\n"
         "    resolve: { after_silence: 30m }\n"
         "    escalation:\n"
         "      - notify: [user:anna, user:boris]\n"
         "      - wait: 20s\n"
         "      - notify: [user:anna]\n" RECEIVERS,
};

struct slot_config {
    struct configuration *configuration;
    struct snapshot *snapshots[CONFIGS];
};

static struct slot_config slots[REPLICAS_MAX];

static bool env(void *arg, struct str name, struct str *ret)
{
    (void)arg;
    *ret = str_eq(name, STR("TOKEN")) ? STR("canary-source-credential")
                                      : STR("canary-channel-credential");
    return true;
}

static enum status no_file(void *arg, struct str path, struct str *ret, struct err *err)
{
    (void)arg, (void)path, (void)ret;
    return err_set(err, ERR_NOT_FOUND, "no such file");
}

/* Shorter than the files may say: an hour of reminders is no better than a minute. */
static void shorten(const struct settings *settings)
{
    for (size_t i = 0; i < settings->n_receivers; i++) {
        struct flap_policy *flap = (struct flap_policy *)(uintptr_t)&settings->receivers[i].flap;
        flap->settle_us = flap->settle_us == US_PER_MIN ? 20 * US_PER_S : flap->settle_us;
        struct plan *plan = (struct plan *)(uintptr_t)&settings->receivers[i].plan;
        plan->remind_us = plan->remind_us > 0 ? 25 * US_PER_S : 0;
        plan->unack_us = plan->unack_us > 0 ? 15 * US_PER_S : 0;
        plan->silence_us = plan->silence_us > 0 ? 100 * US_PER_S : 0;
    }
}

static struct snapshot *prepare(struct configuration *configuration, const char *text)
{
    const struct routes_env where = {.env = env, .file = no_file};
    struct routes_source file = {.name = STR("routes.yml"), .text = str_from(text)};
    struct routes_result result;
    if (routes_parse(&file, 1, &where, &result) != OK) {
        struct str report = routes_report(&result);
        fprintf(stderr, "%.*s\n", STR_ARG(report));
        abort();
    }
    shorten(result.settings);
    return configuration_prepare(configuration, &result, str_from(text));
}

/* A snapshot lives as long as somebody holds it, and crashed flows never give theirs back. Each is
 * held once more than it is in force, so that it can be put in force again. */
void config_put_in_force(int slot, int config)
{
    configuration_swap(slots[slot].configuration, slots[slot].snapshots[config]);
    (void)configuration_ref(slots[slot].configuration);
}

/* What the program makes once and keeps for ever must not be made by a machine that is lost later.
 */
static void warm_up(void)
{
    static struct label labels[] = {{STR("alertname"), STR("S0")}, {STR("severity"), STR("hold")}};
    struct arena arena;
    (void)message_templates_builtin();
    arena_init(&arena);
    for (int i = 0; i < CONFIGS; i++) {
        (void)route_index_match(slots[0].snapshots[i]->routes, (struct labels){labels, 2}, &arena);
    }
    arena_release(&arena);
}

void configs_prepare(void)
{
    for (int slot = 0; slot < REPLICAS_MAX; slot++) {
        slots[slot].configuration = configuration_new();
        for (int i = 0; i < CONFIGS; i++) {
            slots[slot].snapshots[i] = prepare(slots[slot].configuration, texts[i]);
            config_put_in_force(slot, i);
        }
    }
    warm_up();
}

struct configuration *config_of_slot(int slot)
{
    return slots[slot].configuration;
}

const struct snapshot *config_snapshot(int slot, int config)
{
    return slots[slot].snapshots[config];
}

bool config_is_known(struct str hash)
{
    for (int i = 0; i < CONFIGS; i++) {
        if (str_eq(slots[0].snapshots[i]->hash, hash)) {
            return true;
        }
    }
    return false;
}
