-- name     replica_present
-- params   $1 id uuid, $2 lock_key int8, $3 name text, $4 version text, $5 config_hash text
-- returns  got bool
with seen as (
    insert into replica (id, lock_key, name, version, started_at, seen_at, config_hash)
    values ($1::uuid, $2::int8, $3::text, $4::text, clock(), clock(), $5::text)
    on conflict (id) do update set seen_at = clock(), config_hash = excluded.config_hash
)
select pg_try_advisory_lock($2::int8) as got
