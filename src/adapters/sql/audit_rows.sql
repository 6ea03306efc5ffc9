-- name     audit_rows
-- params   $1 behind incident uuid, $2 behind seq int8, $3 rows int8
-- returns  incident_id uuid, seq int8, at timestamptz, cycle int4, kind text, actor text, facts
--          text, hash bytea
-- reads
select incident_id, seq, case when isfinite(at) then at end as at, cycle, kind, actor, facts, hash
from event
where (incident_id, seq) > ($1::uuid, $2::int8)
order by incident_id, seq
limit $3::int8
