-- name     heartbeats_return
-- params   $1 name text[]
-- returns
-- Those of these that had left: as new ones.
update heartbeat
set since_at = clock(), beat_at = null, not_before_at = null, missed_at = null, told_at = null,
    alert = '', left_at = null
where left_at is not null and name = any($1::text[])
