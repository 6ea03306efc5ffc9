-- name     silence_end
-- params   $1 id uuid, $2 by text
-- returns  id uuid
-- None: there is no such silence that goes on. What it kept quiet is looked at every second (muted_load).
update silence
set ends_at = greatest(clock(), starts_at + interval '1 microsecond'), ended_by = $2::text
where id = $1::uuid and ends_at > clock()
returning id
