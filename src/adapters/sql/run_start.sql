-- name     run_start
-- params   $1 id uuid, $2 fence int8, $3 owner uuid, $4 deadline timestamptz
-- returns
update run
set state = 'started', started_at = clock(), fence = fence + 1, owner = $3::uuid,
    deadline = $4::timestamptz
where id = $1::uuid and fence = $2::int8 and state = 'requested'
