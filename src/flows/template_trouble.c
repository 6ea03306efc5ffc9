#include "flows/template_trouble.h"

#include "base/log.h"
#include "base/metrics.h"
#include "flows/self_alert.h"

static struct metric template_failures_total =
    METRIC_COUNTER("alertify_template_failures_total",
                   "Messages that went out in other words, because a template failed.", NULL);

void template_trouble_register(void)
{
    metric_register(&template_failures_total);
}

void template_trouble_note(const struct deps *deps, struct str complaint, int64_t delivery)
{
    if (complaint.n == 0) {
        return;
    }
    metric_add(&template_failures_total, 1);
    LOG(LOG_WARNING, "a template failed; the built-in one was used", KV_INT("delivery", delivery),
        KV_STR("template", complaint));
    if (!self_alert_is_raised(deps->self_alerts, SELF_TEMPLATE)) { /* the first one will do */
        self_alert_raise(deps->self_alerts, SELF_TEMPLATE, complaint);
    }
}
