-- name     alerts_load
-- params   $1 incident uuid, $2 rows int8
-- returns  fingerprint int8, status text, starts_at timestamptz, ends_at timestamptz, labels
--          text, annotations text, generator text, changed_seq int8
-- reads
select fingerprint, status, starts_at, ends_at, labels, annotations, generator,
       changed_seq
from alert
where incident_id = $1::uuid
order by status, starts_at, fingerprint -- 'firing' sorts before 'resolved'
limit $2::int8
