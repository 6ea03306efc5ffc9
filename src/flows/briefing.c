#include "flows/briefing.h"

#include "base/vec.h"
#include "channels/message_templates.h"
#include "flows/incident_message.h"
#include "flows/links.h"
#include "flows/run_text.h"

/* What this contact was told of this incident before; NULL: nothing. */
static const struct told_row *told_of(const struct briefing *b)
{
    const struct delivery *delivery = b->delivery;
    for (size_t i = 0; i < b->n_told; i++) {
        const struct contact *contact = &b->told[i].told.contact;
        if (uuid_eq(b->told[i].incident, delivery->incident) &&
            contact->channel == delivery->contact.channel &&
            str_eq(contact->address, delivery->contact.address)) {
            return &b->told[i];
        }
    }
    return NULL;
}

/* How the message of this incident at this contact is found again, to edit it. */
static struct str ref_of(const struct briefing *b)
{
    const struct told_row *told = told_of(b);
    if (b->delivery->is_plain || b->delivery->kind == NOTICE_STORM) {
        return b->delivery->is_plain ? STR_EMPTY : b->delivery->ref;
    }
    return told ? told->ref : STR_EMPTY;
}

/* More than are listed, if they are counted, or if somebody else's template may look at them. */
static size_t alerts_wanted(const struct briefing *b)
{
    const struct message_templates *templates = b->snapshot->settings->channels.templates;
    bool wants_all =
        b->delivery->kind == NOTICE_UPDATE || (templates && message_templates_is_own(templates));
    return wants_all ? MESSAGE_ALERTS_MAX : MESSAGE_ALERTS_LISTED;
}

/* Which of its alerts began or ended since this contact was told last. */
static void add_changes(const struct briefing *b, struct arena *a, struct message *m)
{
    const struct told_row *told = told_of(b);
    VEC(struct alert) fired = {0}, resolved = {0};
    for (size_t i = 0; told && i < m->alerts.n; i++) {
        const struct alert *alert = &m->alerts.v[i];
        if (alert->changed_seq > told->told_seq && alert->status == ALERT_FIRING) {
            VEC_PUSH(a, &fired, *alert);
        } else if (alert->changed_seq > told->told_seq) {
            VEC_PUSH(a, &resolved, *alert);
        }
    }
    m->fired = (struct alerts){fired.v, fired.n};
    m->resolved = (struct alerts){resolved.v, resolved.n};
}

/* A page says what a script has already tried. */
static enum status add_note(const struct briefing *b, struct arena *a, struct message *m,
                            struct err *err)
{
    struct run run;
    struct err none = ERR_INIT;
    m->note = b->delivery->note;
    if (b->delivery->kind != NOTICE_PAGE) {
        return OK;
    }
    enum status status =
        store_run_newest(b->store, a, b->delivery->incident, b->delivery->cycle, &run, &none);
    if (status == OK) {
        m->note = run_text(a, &run);
    } else if (status != ERR_NOT_FOUND) {
        *err = none;
        return status;
    }
    return OK;
}

static struct str link_of(const struct briefing *b, struct arena *a, struct str base,
                          enum link_purpose purpose)
{
    return links_url(b->deps->links, a, base, purpose, b->delivery, b->now_at);
}

static void add_links(const struct briefing *b, struct arena *a, struct message *m)
{
    const struct delivery *delivery = b->delivery;
    struct str base = b->snapshot->settings->external_url;
    base = base.n ? base : b->deps->external_url;
    bool is_storm = delivery->kind == NOTICE_STORM;
    bool wants_ack = is_storm
                         ? m->storm.open > 0
                         : delivery->kind == NOTICE_PAGE || delivery->kind == NOTICE_REMINDER ||
                               b->incident->state == INCIDENT_OPEN;
    if (wants_ack) {
        m->ack_url = link_of(b, a, base, is_storm ? LINK_ACKNOWLEDGE_STORM : LINK_ACKNOWLEDGE);
    }
    m->external_url = base;
    if (is_storm) {
        return;
    }
    m->open_url = link_of(b, a, base, LINK_VIEW);
    if (b->incident->state != INCIDENT_RESOLVED) {
        m->resolve_url = link_of(b, a, base, LINK_RESOLVE);
        m->snooze_url = link_of(b, a, base, LINK_SNOOZE);
    }
}

/* Stable over retries; but every edition of a summary is a message of its own where the earlier one
 * cannot be edited. */
static struct str message_id(struct arena *a, const struct delivery *delivery)
{
    return delivery->kind == NOTICE_STORM
               ? str_printf(a, "%lld.%lld", (long long)delivery->id, (long long)delivery->fence)
               : str_printf(a, "%lld", (long long)delivery->id);
}

static int64_t late_by(const struct briefing *b)
{
    bool is_known = b->delivery->kind == NOTICE_PAGE && b->delivery->wanted_at != AT_NONE;
    return is_known && b->now_at > b->delivery->wanted_at ? b->now_at - b->delivery->wanted_at : 0;
}

enum status briefing_make(const struct briefing *b, struct arena *a, struct message *ret,
                          struct err *err)
{
    const struct delivery *delivery = b->delivery;
    const struct incident *in = b->incident;
    struct alert *alerts;
    size_t n;
    *ret = incident_message(a, b->snapshot->settings, in, b->now_at);
    ret->clock_ahead_us = deps_clock_ahead(b->deps);
    ret->kind = delivery->kind;
    ret->to = delivery->contact;
    ret->to_name = delivery->label;
    ret->earlier_ref = str_dup(a, ref_of(b));
    ret->id = message_id(a, delivery);
    ret->may_be_repeated = delivery->may_be_repeated;
    ret->late_us = late_by(b);
    ret->round = delivery->round;
    ret->step = delivery->step + 1;
    if (delivery->kind == NOTICE_STORM) {
        if (store_storm_view(b->store, a, delivery->id, &ret->storm, err) != OK) {
            return err->code;
        }
        add_links(b, a, ret);
        return OK;
    }
    add_links(b, a, ret);
    if (add_note(b, a, ret, err) != OK ||
        store_alerts(b->store, a, in->id, alerts_wanted(b), &alerts, &n, err) != OK) {
        return err->code;
    }
    ret->alerts = (struct alerts){alerts, n};
    add_changes(b, a, ret);
    return OK;
}
