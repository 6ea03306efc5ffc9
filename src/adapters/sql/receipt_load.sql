-- name     receipt_load
-- params   $1 receipt uuid
-- returns  source text, received_at timestamptz, state text, reason text
-- reads
select i.source, i.received_at,
       case when q.intake_id is not null then 'quarantined' when w.id is not null then 'waiting'
            else 'processed' end as state,
       coalesce(q.reason, '') as reason
from intake i
left join quarantine q on q.intake_id = i.id
left join intake_queue w on w.id = i.id
where i.receipt = $1::uuid
