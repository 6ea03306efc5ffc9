-- name     heartbeats_write
-- params   $1 name text[], $2 beat_at timestamptz[], $3 not_before_at timestamptz[], $4 missed_at
--          timestamptz[], $5 told_at timestamptz[], $6 alert text[]
-- returns
update heartbeat h
set beat_at = r.beat_at, not_before_at = r.not_before_at, missed_at = r.missed_at,
    told_at = r.told_at, alert = r.alert
from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[],
            $6::text[])
     as r (name, beat_at, not_before_at, missed_at, told_at, alert)
where h.name = r.name
