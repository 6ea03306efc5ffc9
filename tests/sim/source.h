#pragma once
/* source — what the Alertmanagers have said: the truth that alertify is compared with. */
#include "sim/world.h"

enum { GROUPS_MAX = 12, ALERTS_MAX = 3 };

struct source_alert {
    int group;
    bool is_firing;
    bool is_accepted;           /* that it fires was answered 2xx */
    int64_t starts_at, ends_at; /* AT_NONE: it never fired */
    int periods;
    const char *severity;
};

/* Alerts of one alertname, which are sent together. */
struct source_group {
    char name[16];
    const char *severity; /* of all its alerts, or of the first */
    int n_alerts;
    bool flaps;
    struct source_alert alerts[ALERTS_MAX];
    uint64_t version; /* grows with every change */
    int periods;      /* how often one of them began to fire */
};

/* One alert in a body. */
struct said {
    int instance;
    bool is_firing;
    int64_t starts_at, ends_at;
};

struct body {
    struct str text;
    int group; /* -1: nobody can read it */
    struct said said[ALERTS_MAX];
    int n;
};

const struct source_group *source_groups(size_t *ret_n);
/* NULL: nobody ever sent that. */
const struct body *source_body(struct str text);
void sources_finish(void);
