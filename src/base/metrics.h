#pragma once
/* metrics — counters, gauges and histograms, rendered in Prometheus' text format 0.0.4.
 *
 *     static struct metric sends =
 *         METRIC_COUNTER("alertify_sends_total", "Send attempts.", "channel", "result");
 *     metric_add(&sends, 1, STR("slack"), STR("ok"));
 *
 * Names: alertify_ prefix, base units, counters end with _total. A family keeps at most
 * METRIC_CHILDREN_MAX label sets; further ones are counted under "other", so hostile values cannot
 * grow it; a value that is not UTF-8 is counted under "invalid". A family appears on /metrics from
 * metric_register or its first use on. Layer: base. Any thread. Process-wide (with the log, the
 * only such state). */
#include "base/str.h"

enum { METRIC_LABELS_MAX = 3, METRIC_CHILDREN_MAX = 256, METRIC_BUCKETS_MAX = 16 };
enum metric_type { METRIC_TYPE_COUNTER, METRIC_TYPE_GAUGE, METRIC_TYPE_HISTOGRAM };

struct metric_child;

struct metric {
    enum metric_type type;
    const char *name, *help;
    const char *labels[METRIC_LABELS_MAX];
    const double *buckets; /* histogram: upper bounds, ascending, 0-terminated, without +Inf */
    struct metric_child *children;
    struct metric *next;
    unsigned n_children;
    bool is_registered;
};

#define METRIC_COUNTER(n, h, ...)                                                                  \
    {                                                                                              \
        .type = METRIC_TYPE_COUNTER, .name = n, .help = h, .labels = { __VA_ARGS__ }               \
    }
#define METRIC_GAUGE(n, h, ...)                                                                    \
    {                                                                                              \
        .type = METRIC_TYPE_GAUGE, .name = n, .help = h, .labels = { __VA_ARGS__ }                 \
    }
#define METRIC_HISTOGRAM(n, h, b, ...)                                                             \
    {                                                                                              \
        .type = METRIC_TYPE_HISTOGRAM, .name = n, .help = h, .buckets = b, .labels = {             \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

/* 1 ms … 10 s */
extern const double metric_latency_buckets[];

/* Label values in the order of the family's labels; surplus arguments are ignored. */
#define METRIC_VALUES_(...)                                                                        \
    (const struct str[METRIC_LABELS_MAX + 1])                                                      \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define metric_add(m, by, ...) metric_add_((m), (by), METRIC_VALUES_(__VA_ARGS__))
#define metric_set(m, to, ...) metric_set_((m), (to), METRIC_VALUES_(__VA_ARGS__))
#define metric_observe(m, seconds, ...) metric_observe_((m), (seconds), METRIC_VALUES_(__VA_ARGS__))

/* Makes the family visible; one without labels starts at 0. */
void metric_register(struct metric *);
void metric_add_(struct metric *, double by, const struct str *values);
void metric_set_(struct metric *, double to, const struct str *values);
void metric_observe_(struct metric *, double value, const struct str *values);
/* For tests: the value of a counter or gauge, the count of a histogram; 0 if absent. */
double metric_value(struct metric *, const struct str *values);
void metrics_render(struct strbuf *out);
