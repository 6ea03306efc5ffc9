-- name     run_newest
-- params   $1 incident uuid, $2 cycle int4
-- returns  as run_load
-- reads
select r.id, r.incident_id, r.action, r.actor, r.parameters, r.state, r.requested_at, r.started_at,
       r.ended_at, r.fence, coalesce(r.code, 0) as code, r.output
from run r
where r.incident_id = $1::uuid and r.cycle = $2::int4 and r.ended_at is not null
order by r.ended_at desc
limit 1
