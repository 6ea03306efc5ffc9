#include "sim/conformance/answer.h"

void put_incident(struct strbuf *out, const struct incident *in)
{
    strbuf_printf(out, " [#%lld %02x%02x %s c%d seq%lld/%lld/%lld %lld/%lld step%d/%d wake%lld ",
                  (long long)in->number, in->id.b[15], in->group_key[0],
                  incident_state_name(in->state), in->cycle, (long long)in->seq,
                  (long long)in->state_seq, (long long)in->ack_seq, (long long)in->firing,
                  (long long)in->total, in->step, in->round,
                  (long long)(in->wake_at == AT_NONE ? -1 : in->wake_at));
    strbuf_printf(out, "into%lld ", (long long)in->merged_into);
    strbuf_printf(out, "%.*s %.*s by %.*s %.*s mute %.*s%s%s]", STR_ARG(in->plan_hash),
                  STR_ARG(in->config_hash), STR_ARG(in->acked_by), STR_ARG(in->resolved_by),
                  STR_ARG(in->muted_by), in->was_reached ? " reached" : "",
                  uuid_eq(in->held_by_run, (struct uuid){{0}}) ? "" : " held");
}

void put_delivery(struct strbuf *out, const struct delivery *d)
{
    strbuf_printf(out, " {%lld of %02x c%d s%lld %s %s:%.*s %.*s step%d/%d tries%u fence%lld",
                  (long long)d->id, d->incident.b[15], d->cycle, (long long)d->state_seq,
                  notice_kind_name(d->kind), channel_kind_name(d->contact.channel),
                  STR_ARG(d->contact.address), STR_ARG(d->dedupe_key), d->step, d->round,
                  d->attempts, (long long)d->fence);
    strbuf_printf(out, " wanted%lld", (long long)(d->wanted_at == AT_NONE ? -1 : d->wanted_at));
    strbuf_printf(out, "%s%s%s ref %.*s rest %.*s}", d->is_plain ? " plain" : "",
                  d->may_be_repeated ? " repeat" : "",
                  d->is_replaced ? " replaced"
                  : d->is_outrun ? " outrun"
                                 : "",
                  STR_ARG(d->ref), STR_ARG(d->contacts_text));
}
