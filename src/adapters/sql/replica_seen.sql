-- name     replica_seen
-- params
-- returns  seen_at timestamptz
-- reads
select max(seen_at) as seen_at from replica
