#include "domain/settings.h"

ENUM_DEFINE(source_type, SOURCE_TYPES)
ENUM_DEFINE(parameter_source, PARAMETER_SOURCES)

const struct source *settings_source(const struct settings *s, struct str name)
{
    for (size_t i = 0; i < s->n_sources; i++) {
        if (str_eq(s->sources[i].name, name)) {
            return &s->sources[i];
        }
    }
    return NULL;
}

const struct receiver *settings_receiver(const struct settings *s, struct str name)
{
    for (size_t i = 0; i < s->n_receivers; i++) {
        if (str_eq(s->receivers[i].name, name)) {
            return &s->receivers[i];
        }
    }
    return NULL;
}

const struct interval *settings_interval(const struct settings *s, struct str name)
{
    for (size_t i = 0; i < s->n_intervals; i++) {
        if (str_eq(s->intervals[i].name, name)) {
            return &s->intervals[i];
        }
    }
    return NULL;
}

const struct action *settings_action(const struct settings *s, struct str name)
{
    for (size_t i = 0; i < s->n_actions; i++) {
        if (str_eq(s->actions[i].name, name)) {
            return &s->actions[i];
        }
    }
    return NULL;
}

const struct webhook_settings *settings_webhook(const struct channel_settings *c, struct str name)
{
    for (size_t i = 0; i < c->n_webhooks; i++) {
        if (str_eq(c->webhooks[i].name, name)) {
            return &c->webhooks[i];
        }
    }
    return NULL;
}
