#include "flows/briefing.h"

#include "flows/links.h"
#include "flows/run_text.h"

#include <string.h>

/* How the message of this incident at this contact is found again, to edit it. */
static struct str ref_of(const struct briefing *b)
{
    const struct delivery *delivery = b->delivery;
    if (delivery->is_plain || delivery->kind == NOTICE_STORM) {
        return delivery->is_plain ? STR_EMPTY : delivery->ref;
    }
    for (size_t i = 0; i < b->n_told; i++) {
        const struct contact *contact = &b->told[i].told.contact;
        if (uuid_eq(b->told[i].incident, delivery->incident) &&
            contact->channel == delivery->contact.channel &&
            str_eq(contact->address, delivery->contact.address)) {
            return b->told[i].ref;
        }
    }
    return STR_EMPTY;
}

static struct str person(struct arena *a, const struct settings *settings, struct str actor)
{
    if (str_starts_with(actor, STR("user:"))) {
        const struct user *user =
            directory_user(&settings->directory, str_slice(actor, 5, actor.n));
        return str_dup(a, user ? user->name : str_slice(actor, 5, actor.n));
    }
    return str_dup(a, actor);
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
        m->ack_url =
            links_url(b->deps->links, a, base, is_storm ? LINK_ACKNOWLEDGE_STORM : LINK_ACKNOWLEDGE,
                      delivery, b->now_at);
    }
    m->open_url =
        is_storm ? STR_EMPTY : links_url(b->deps->links, a, base, LINK_VIEW, delivery, b->now_at);
}

/* Stable over retries; but every edition of a summary is a message of its own where the earlier one
 * cannot be edited. */
static struct str message_id(struct arena *a, const struct delivery *delivery)
{
    return delivery->kind == NOTICE_STORM
               ? str_printf(a, "%lld.%lld", (long long)delivery->id, (long long)delivery->fence)
               : str_printf(a, "%lld", (long long)delivery->id);
}

enum status briefing_make(const struct briefing *b, struct arena *a, struct message *ret,
                          struct err *err)
{
    const struct delivery *delivery = b->delivery;
    const struct incident *in = b->incident;
    char id[UUID_TEXT + 1];
    struct alert *alerts;
    size_t n;
    *ret = (struct message){
        .kind = delivery->kind,
        .to = delivery->contact,
        .earlier_ref = str_dup(a, ref_of(b)),
        .id = message_id(a, delivery),
        .may_be_repeated = delivery->may_be_repeated,
        .incident_number = in->number,
        .incident_id = str_dup(a, str_from(uuid_format(in->id, id))),
        .title = str_dup(a, in->title),
        .severity = str_dup(a, in->severity),
        .service = str_dup(a, in->service),
        .state = str_from(incident_state_name(in->state)),
        .receiver = str_dup(a, in->receiver),
        .round = delivery->round,
        .step = delivery->step + 1,
        .firing = in->firing,
        .total = in->total,
        .opened_at = in->opened_at,
        .now_at = b->now_at,
        .acked_at = in->acked_at,
        .resolved_at = in->resolved_at,
        .acked_by = person(a, b->snapshot->settings, in->acked_by),
        .resolved_by = person(a, b->snapshot->settings, in->resolved_by),
    };
    if (delivery->kind == NOTICE_STORM) {
        if (store_storm_view(b->store, a, delivery->id, &ret->storm, err) != OK) {
            return err->code;
        }
        add_links(b, a, ret);
        return OK;
    }
    add_links(b, a, ret);
    if (add_note(b, a, ret, err) != OK ||
        store_alerts(b->store, a, in->id, MESSAGE_ALERTS_MAX, &alerts, &n, err) != OK) {
        return err->code;
    }
    memcpy(ret->alerts, alerts, n * sizeof(*alerts));
    ret->n_alerts = n;
    return OK;
}
