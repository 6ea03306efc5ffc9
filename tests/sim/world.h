#pragma once
/* world — everything around one simulated installation: its replicas, the Alertmanagers that send,
 * the providers that deliver, the people who answer, and what goes wrong.
 *
 * A seed decides all of it. Faults end at `calm_at`; until `ends_at` everything has to come right.
 */
#include "flows/flows.h"
#include "flows/links.h"
#include "sim/database.h"
#include "sim/memory.h"

/* 2026-11-21 00:00:00 UTC */
#define WORLD_START_AT INT64_C(1795219200000000)

enum { REPLICAS_MAX = 4, CONFIGS = 3 };

/* What a seed may do. Each seed enables some of them (swarm testing): faults that are always all on
 * hide each other. */
struct chances {
    bool crashes, pauses, links, half_open, restarts, failovers, commits_hang, clock_steps;
    bool provider_errors, provider_waits, provider_silence, provider_loses_answer;
    bool answers_lost, http_slow, reloads, scanners, late_copies, drains, upgrades;
    unsigned ack_per_million; /* of pages */
    unsigned resolve_per_million;
    unsigned merge_per_million;
    unsigned meddle_per_million;
    bool silences;
};

enum { VERSIONS = 3 };

struct replica {
    struct machine machine;
    int slot;
    bool is_up, is_draining;
    uint64_t incarnation;
    int version;       /* of its binary: what it knows of the schema */
    struct deps *deps; /* of this incarnation */
    struct link link;
    int config;
};

struct world {
    uint64_t seed;
    int64_t calm_at, ends_at;
    bool is_calm;
    int64_t well_since; /* nothing has been wrong since then; AT_NONE: something is */
    bool is_disturbed;  /* something was, once */
    bool has_reloaded;  /* replicas may run under different configurations */
    int64_t clock_stepped_at;
    int64_t clock_forward_us; /* all steps forward so far */
    int64_t clock_highest;    /* alertify's, seen while all was well */
    int64_t clock_ahead_at;   /* a standby took over whose clock is ahead */
    struct chances chances;
    size_t n_replicas;
    struct replica replicas[REPLICAS_MAX];
    uint64_t crashes;
};
extern struct world world;

/* ---- configurations: made once, for all seeds (config.c) --------------------------------------
 */

void configs_prepare(void);
struct configuration *config_of_slot(int slot);
/* The one that replicas of this slot will have in force. */
const struct snapshot *config_snapshot(int slot, int config);
void config_put_in_force(int slot, int config);
/* Is it the hash of any? */
bool config_is_known(struct str hash);

/* ---- replicas (replica.c) -------------------------------------------------------------------- */

void replica_start(struct replica *);
void replica_crash(struct replica *);
/* Stops as on SIGTERM, and is gone when its flows have ended. */
void replica_drain(struct replica *);
/* A running one, any; NULL: there is none. */
struct replica *replica_any(void);
bool replica_runs(const struct replica *);

/* ---- HTTP (http.c) --------------------------------------------------------------------------- */

/* status 0: no answer. */
typedef void (*http_answered)(void *arg, int status, struct str body);
struct http_call {
    enum http_method method;
    struct str path, body, authorization;
    http_answered done;
    void *arg;
};
/* To any replica; copies what it needs. */
void http_send(const struct http_call *);

/* ---- providers (provider.c) ------------------------------------------------------------------ */

/* What a message says, as the simulation's channels put it. */
struct letter {
    int64_t delivery, incident_number;
    struct uuid incident;
    enum notice_kind kind;
    enum channel_kind channel;
    char address[64], user[24], state[16];
    int round, step;
    bool may_be_repeated, is_edit;
    char ack_token[200]; /* of the link; empty: none */
    uint64_t copy;       /* counts all letters */
};

struct transfers *transfers_new(struct replica *);
/* The machine is gone: nobody reads the replies any more. */
void transfers_lose(struct transfers *);
struct runner *runner_new(struct replica *);
void runner_lose(struct runner *);

/* ---- the people and systems outside -----------------------------------------------------------
 */

void sources_start(void);     /* source.c */
bool sources_are_quiet(void); /* all that they have to say was accepted */
bool source_has_sent(struct str body);
void people_reset(void);
void people_receive(const struct letter *); /* person.c */
/* On a link of that cycle. */
bool person_has_clicked(struct uuid incident, int cycle);
void silencers_start(void);                /* silencer.c */
void silencers_hurry(struct str muted_by); /* something is about to be silenced: who ends it now? */
void faults_start(void);                   /* fault.c */
/* Now would be the worst moment for this machine to stand still. */
void fault_at_commit(struct machine *);
/* A script is wanted: an outage now would leave it to the moment when everybody comes back. */
void fault_at_request(void);
