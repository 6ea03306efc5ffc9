-- name     timeline_load
-- params   $1 incident uuid, $2 rows int8
-- returns  seq int8, at timestamptz, kind text, actor text, facts text
-- reads
select seq, at, kind, actor, facts
from (select * from event where incident_id = $1::uuid order by seq desc limit $2::int8) newest
order by seq
