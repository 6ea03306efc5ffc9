-- name     audit_heads
-- params   $1 behind incident uuid, $2 behind seq int8, $3 rows int8
-- returns  anchor int8, incident_id uuid, seq int8, hash bytea
-- reads
select anchor, incident_id, seq, hash
from audit_head
where (incident_id, seq) > ($1::uuid, $2::int8)
order by incident_id, seq
limit $3::int8
