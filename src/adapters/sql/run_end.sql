-- name     run_end
-- params   $1 id uuid, $2 fence int8, $3 state text, $4 code int4, $5 output text
-- returns
update run
set state = $3::text, ended_at = clock(), code = $4::int4, output = $5::text
where id = $1::uuid and fence = $2::int8 and state in ('requested', 'started')
