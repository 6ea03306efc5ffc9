-- name     lock_release
-- params   $1 key int8
-- returns  released bool
-- reads
select pg_advisory_unlock($1::int8) as released
