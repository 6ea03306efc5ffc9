#include "domain/settings.h"

ENUM_DEFINE(source_type, SOURCE_TYPES)
ENUM_DEFINE(parameter_source, PARAMETER_SOURCES)

bool settings_is_during(const struct settings *s, struct str interval, int64_t at)
{
    const struct interval *found = settings_interval(s, interval);
    return found && interval_contains(found, at);
}

const struct source *settings_source(const struct settings *s, struct str name)
{
    for (size_t i = 0; i < s->n_sources; i++) {
        if (str_eq(s->sources[i].name, name)) {
            return &s->sources[i];
        }
    }
    return NULL;
}

const struct heartbeat *settings_heartbeat(const struct settings *s, struct str name)
{
    for (size_t i = 0; i < s->n_heartbeats; i++) {
        if (str_eq(s->heartbeats[i].name, name)) {
            return &s->heartbeats[i];
        }
    }
    return NULL;
}

const struct heartbeat *settings_fed_heartbeat(const struct settings *s, struct labels labels)
{
    for (size_t i = 0; s->has_fed_heartbeats && i < s->n_heartbeats; i++) {
        const struct heartbeat *h = &s->heartbeats[i];
        if (h->has_matchers && matchers_match(h->matchers, labels)) {
            return h;
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

bool settings_spares_end(const struct settings *settings, struct str name,
                         const struct contact *contact)
{
    const struct receiver *receiver = settings_receiver(settings, name);
    return receiver && !receiver_tells_end(receiver, contact);
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

const struct channel_account *settings_account(const struct channel_settings *c,
                                               enum channel_kind kind, struct str name)
{
    for (size_t i = 0; i < c->n_accounts; i++) {
        if (c->accounts[i].kind == kind && str_eq(c->accounts[i].name, name)) {
            return &c->accounts[i];
        }
    }
    return NULL;
}

bool settings_for_contact(const struct channel_settings *c, const struct contact *contact,
                          struct channel_settings *ret, struct str *ret_address)
{
    struct str address = contact->address, name = str_cut(&address, CONTACT_ACCOUNT_END);
    *ret = *c;
    *ret_address = contact->address;
    if (!address.p) {
        return true;
    }
    const struct channel_account *account = settings_account(c, contact->channel, name);
    if (!account) {
        return false;
    }
    ret->has_slack = ret->has_telegram = ret->has_email = true;
    ret->slack = account->slack;
    ret->telegram = account->telegram;
    ret->email = account->email;
    *ret_address = address;
    return true;
}
