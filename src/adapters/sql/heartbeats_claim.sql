-- name     heartbeats_claim
-- params   $1 name text[]
-- returns  name text, since_at timestamptz, beat_at timestamptz, not_before_at timestamptz, missed_at
--          timestamptz, told_at timestamptz, alert text
select name, since_at, beat_at, not_before_at, missed_at, told_at, alert
from heartbeat
where left_at is null and name = any($1::text[])
order by name
for update skip locked
