#pragma once
/* session — one of the sessions of a schedule, on one side: it takes steps one at a time, and may
 * be blocked by another one's lock meanwhile. */
#include "sim/conformance/operation.h"

struct model;

/* The model's side: tasks of the simulator, in virtual time. */
struct model *model_start(size_t sessions, int64_t at);
int64_t model_ledger_base(void);
/* Gives the session a step, and lets time pass until nothing moves any more. */
void model_step(struct model *, size_t session, const struct act *, int64_t now_at);
/* Two sessions wait for one row: which of them gets it first is the server's own affair. */
bool model_is_undecided(const struct model *);
bool model_is_done(const struct model *, size_t session);
struct str model_answer(const struct model *, size_t session);
enum status model_status(const struct model *, size_t session);
struct known *model_known(struct model *, size_t session);
