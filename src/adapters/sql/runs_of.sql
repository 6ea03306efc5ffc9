-- name     runs_of
-- params   $1 incident uuid, $2 rows int8
-- returns  as run_load
-- reads
select r.id, r.incident_id, r.action, r.actor, r.parameters, r.state, r.requested_at, r.started_at,
       r.ended_at, r.fence, coalesce(r.code, 0) as code, r.output
from run r
where r.incident_id = $1::uuid
order by r.requested_at, r.id
limit $2::int8
