-- name     run_load
-- params   $1 id uuid
-- returns  id uuid, incident_id uuid, action text, actor text, parameters text, state text,
--          requested_at timestamptz, started_at timestamptz, ended_at timestamptz, fence int8,
--          code int4, output text
-- reads
select r.id, r.incident_id, r.action, r.actor, r.parameters, r.state, r.requested_at, r.started_at,
       r.ended_at, r.fence, coalesce(r.code, 0) as code, r.output
from run r
where r.id = $1::uuid
