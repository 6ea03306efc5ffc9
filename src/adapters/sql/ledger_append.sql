-- name     ledger_append
-- params   $1 receipt uuid[], $2 source text[], $3 peer text[], $4 body bytea[], $5 quarantine
--          reason text[], '' for none
-- returns
with appended as (
    insert into intake (receipt, source, peer, body)
    select receipt, source, peer, body
    from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) with ordinality
         as r (receipt, source, peer, body, place)
    order by place
    returning id, receipt
), sorted as (
    select a.id, q.reason
    from appended a join unnest($1::uuid[], $5::text[]) as q (receipt, reason) using (receipt)
), kept as (
    insert into quarantine (intake_id, reason) select id, reason from sorted where reason <> ''
)
insert into intake_queue (id) select id from sorted where reason = ''
