-- name     runs_add
-- params   $1 id uuid[], $2 incident uuid[], $3 cycle int4[], $4 dedupe_key text[], $5 action
--          text[], $6 actor text[], $7 parameters text[], $8 now timestamptz
-- returns
insert into run (id, incident_id, cycle, dedupe_key, action, actor, parameters, state, requested_at)
select id, incident_id, cycle, dedupe_key, action, actor, parameters, 'requested', $8::timestamptz
from unnest($1::uuid[], $2::uuid[], $3::int4[], $4::text[], $5::text[], $6::text[], $7::text[])
     as r (id, incident_id, cycle, dedupe_key, action, actor, parameters)
on conflict (incident_id, dedupe_key) do nothing -- at most once
