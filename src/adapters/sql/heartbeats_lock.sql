-- name     heartbeats_lock
-- params   $1 name text[]
-- returns  name text, since_at timestamptz, beat_at timestamptz, not_before_at timestamptz, missed_at
--          timestamptz, told_at timestamptz, alert text
-- Also those that have left: a beat of one that comes back may be faster than the watch.
select name, since_at, beat_at, not_before_at, missed_at, told_at, alert
from heartbeat
where name = any($1::text[])
order by name
for update
