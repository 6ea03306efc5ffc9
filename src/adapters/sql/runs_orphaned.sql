-- name     runs_orphaned
-- params   $1 rows int8, $2 own replica uuid
-- returns  id uuid, incident_id uuid, action text, actor text, parameters text, state text,
--          requested_at timestamptz, started_at timestamptz, ended_at timestamptz, fence int8,
--          code int4, output text
-- Started by a replica whose presence lock is free, or past every deadline. A replica that was seen
-- a moment ago may just be reconnecting, and so may one that has started the script just now: when the
-- database was away, scripts may begin before everybody has announced itself again.
select r.id, r.incident_id, r.action, r.actor, r.parameters, r.state, r.requested_at, r.started_at,
       r.ended_at, r.fence, coalesce(r.code, 0) as code, r.output
from run r left join replica p on p.id = r.owner
where r.state = 'started'
  and (r.deadline < (select clock()) - interval '30 s'
       or (r.owner is distinct from $2::uuid and r.started_at < (select clock()) - interval '6 s'
           and coalesce(p.seen_at, '-infinity') < (select clock()) - interval '6 s'
           and (p.id is null or pg_try_advisory_xact_lock(p.lock_key))))
order by r.started_at
limit $1::int8
for update of r skip locked
