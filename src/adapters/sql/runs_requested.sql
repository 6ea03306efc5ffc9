-- name     runs_requested
-- params   $1 rows int8
-- returns  id uuid, incident_id uuid, action text, actor text, parameters text, state text,
--          requested_at timestamptz, started_at timestamptz, ended_at timestamptz, fence int8,
--          code int4, output text
select r.id, r.incident_id, r.action, r.actor, r.parameters, r.state, r.requested_at, r.started_at,
       r.ended_at, r.fence, coalesce(r.code, 0) as code, r.output
from run r
where r.state = 'requested'
order by r.requested_at
limit $1::int8
for update of r skip locked
