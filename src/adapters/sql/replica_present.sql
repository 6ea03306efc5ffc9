-- name     replica_present
-- params   $1 id uuid, $2 lock_key int8, $3 name text, $4 version text
-- returns  got bool
with seen as (
    insert into replica (id, lock_key, name, version, started_at, seen_at)
    values ($1::uuid, $2::int8, $3::text, $4::text, clock(), clock())
    on conflict (id) do update set seen_at = clock()
)
select pg_try_advisory_lock($2::int8) as got
