#pragma once
/* run_text — how a script ended, in words for people. Layer: flows. Pure. */
#include "ports/store.h"

/* One line: "exit status 0", "killed at its timeout". The run must have ended. */
struct str run_summary(struct arena *, const struct run *);
/* "restart-worker: exit status 0" and the beginning of its output. */
struct str run_text(struct arena *, const struct run *);
