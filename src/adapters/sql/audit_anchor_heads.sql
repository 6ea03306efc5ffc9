-- name     audit_anchor_heads
-- params   $1 anchor int8, $2 behind incident uuid, $3 rows int8
-- returns  anchor int8, incident_id uuid, seq int8, hash bytea
-- reads
select anchor, incident_id, seq, hash
from audit_head
where anchor = $1::int8 and incident_id > $2::uuid
order by incident_id
limit $3::int8
