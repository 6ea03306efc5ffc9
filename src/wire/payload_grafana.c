/* What Grafana's unified alerting sends beside an alert's annotations and is worth keeping. The
 * names cannot collide: Grafana removes annotations whose names start and end with "__". */
#include "wire/payload_kinds.h"

struct str payload_grafana_annotation(struct str key)
{
    static const struct {
        struct str key, name;
    } kept[] = {
        {{"valueString", 11}, {"__value_string__", 16}},
        {{"values", 6}, {"__values__", 10}},
        {{"silenceURL", 10}, {"__silence_url__", 15}},
        {{"dashboardURL", 12}, {"__dashboard_url__", 17}},
        {{"panelURL", 8}, {"__panel_url__", 13}},
        {{"imageURL", 8}, {"__image_url__", 13}},
        {{"ruleUID", 7}, {"__rule_uid__", 12}},
    };
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (str_eq(key, kept[i].key)) {
            return kept[i].name;
        }
    }
    return STR_EMPTY;
}
