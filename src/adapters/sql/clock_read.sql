-- name     clock_read
-- params
-- returns  now timestamptz
-- reads
select clock() as now
