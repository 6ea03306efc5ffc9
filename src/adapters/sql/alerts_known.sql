-- name     alerts_known
-- params   $1 incident uuid[], $2 fingerprint int8[]
-- returns  incident_id uuid, fingerprint int8, status text, starts_at timestamptz, ends_at
--          timestamptz, content_hash int8
-- reads
select a.incident_id, a.fingerprint, a.status, a.starts_at, a.ends_at, a.content_hash
from unnest($1::uuid[], $2::int8[]) as k (incident_id, fingerprint)
join alert a on a.incident_id = k.incident_id and a.fingerprint = k.fingerprint
