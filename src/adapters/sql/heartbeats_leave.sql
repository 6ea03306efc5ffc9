-- name     heartbeats_leave
-- params   $1 name text[]
-- returns  name text, since_at timestamptz, beat_at timestamptz, not_before_at timestamptz, missed_at
--          timestamptz, told_at timestamptz, alert text
-- All but these; as they were before.
with gone as (
    select name, since_at, beat_at, not_before_at, missed_at, told_at, alert
    from heartbeat
    where left_at is null and not name = any($1::text[])
    order by name
    for update
), noted as (
    update heartbeat h
    set left_at = clock(), missed_at = null, told_at = null
    from gone
    where h.name = gone.name
)
select name, since_at, beat_at, not_before_at, missed_at, told_at, alert from gone order by name
