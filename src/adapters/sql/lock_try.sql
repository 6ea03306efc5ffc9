-- name     lock_try
-- params   $1 key int8
-- returns  got bool
-- reads
select pg_try_advisory_lock($1::int8) as got
