-- name     clock_look
-- params
-- returns  at timestamptz, server_at timestamptz, skipped_us int8
-- reads
select clock() as at, server_clock() as server_at, skipped_us from clock_guard
