-- name     clock_look
-- params
-- returns  at timestamptz, server_at timestamptz
-- reads
select clock() as at, server_clock() as server_at
