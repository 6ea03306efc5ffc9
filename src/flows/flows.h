#pragma once
/* flows — what the server does, one function per flow. Each runs on the thread named here.
 * Layer: flows. Called by app. */
#include "flows/deps.h"

/* http: every request. Answers it, or hands it to the ledger or query threads. arg: struct deps. */
void flow_request(void *deps, struct exchange *);

/* ledger: commits what intake accepted, then answers. Returns when the mailbox is closed and empty.
 */
void flow_ledger(struct deps *, struct store *);
/* process: ledger rows → incidents. Returns when draining. */
void flow_process(struct deps *, struct store *);
/* escalate: incidents whose wake_at has come. Returns when draining. */
void flow_escalate(struct deps *, struct store *);
/* deliver: the outbox. Returns when draining and nothing is in flight. */
void flow_deliver(struct deps *, struct store *);
/* remediate: scripts. Returns when draining and none runs. */
void flow_remediate(struct deps *, struct store *);
/* query ×2: API reads and people's actions. Returns when the mailbox is closed and empty. */
void flow_query(struct deps *, struct store *);
/* dead-man: fetches the address outside while all is well. Returns when draining. */
void flow_dead_man(struct deps *, struct store *);
/* status: presence lock, gauges, readiness, every 2 s. Returns when draining. */
void flow_status(struct deps *, struct store *);

/* Makes a configuration's hash, text and plans known to the database: before it is put in force. */
MUST_CHECK enum status flow_configuration_save(struct store *, const struct snapshot *,
                                               struct str by, struct err *);
