-- The timeline as a chain of hashes, and anchors that sign where the chains stand.
-- From here on every entry has a hash over itself and the entry before it. Entries from before count as
-- well, together: one digest per incident is taken now (incident.chain), the entry behind it follows
-- from that, and the first anchor signs it. chain_from says where the chain of an incident begins.
-- No older binary may run beside this one: it would write entries without a hash.

alter table alertify.event add column hash bytea; -- BLAKE2b-256; null: from before the chain
alter table alertify.incident
    add column chain      bytea  not null default '', -- hash of the newest entry
    add column chain_from bigint not null default 1;  -- seq of the first entry in the chain

-- Anchors, numbered from 1 without gaps. Each names the chains that grew since the one before.
create table alertify.audit_anchor (
    number     bigint primary key check (number > 0),
    at         timestamptz not null,
    heads      bigint not null, -- rows of audit_head
    previous   bytea not null,  -- root of the anchor before; zeros for the first
    root       bytea not null,  -- BLAKE2b-256
    public_key bytea not null,
    signature  bytea not null   -- Ed25519
);
create table alertify.audit_head (
    anchor      bigint not null, -- no foreign key: the rows come before their sum
    incident_id uuid not null,   -- none either: a deleted incident must be missed
    seq         bigint not null,
    hash        bytea not null,
    primary key (anchor, incident_id)
);
create unique index audit_head_entry on alertify.audit_head (incident_id, seq);

-- What was written lately, for the next anchor. Entries come in about the order of time.
create index event_at on alertify.event using brin (at) with (pages_per_range = 32, autosummarize = on);

update alertify.incident i
set chain_from = i.seq + 1, chain = old.digest
from (select incident_id,
             sha256(string_agg(
                 int8send(seq) || int8send((extract(epoch from at) * 1000000)::bigint) || int4send(cycle)
                 || int4send(octet_length(kind)) || convert_to(kind, 'UTF8')
                 || int4send(octet_length(actor)) || convert_to(actor, 'UTF8')
                 || int4send(octet_length(facts)) || convert_to(facts, 'UTF8'),
                 ''::bytea order by seq)) as digest
      from alertify.event
      group by incident_id) old
where old.incident_id = i.id;

insert into alertify.audit_head (anchor, incident_id, seq, hash)
select 1, id, seq, chain from alertify.incident where chain_from > 1;

create or replace view alertify.incident_row as
    select id, number, group_key, receiver, group_labels, title, service, severity, status, cycle,
           seq, state_seq, coalesce(ack_seq, 0) as ack_seq, firing, total, step, round, wake_at,
           held_by_run, was_reached, plan_hash, config_hash, created_at, updated_at, acked_at,
           acked_by, resolved_at, resolved_by, silent_at, reminded_at, muted_by, flapping_at, opens,
           chain
    from alertify.incident;
