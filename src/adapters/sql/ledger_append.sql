-- name     ledger_append
-- params   $1 receipt uuid[], $2 source text[], $3 peer text[], $4 body bytea[], $5 quarantine
--          reason text[], '' for none
-- returns
-- Numbered first, so that the ledger, the queue and the quarantine need no join of the batch with
-- itself. unnest gives the rows in the order of the arrays, and so they are numbered.
with entry as materialized (
    select nextval('intake_id_seq') as id, receipt, source, peer, body, reason
    from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[])
         as r (receipt, source, peer, body, reason)
), appended as (
    insert into intake (id, receipt, source, received_at, peer, body)
    overriding system value
    select id, receipt, source, (select clock()), peer, body from entry
), kept as (
    insert into quarantine (intake_id, reason) select id, reason from entry where reason <> ''
)
insert into intake_queue (id) select id from entry where reason = ''
