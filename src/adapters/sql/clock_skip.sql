-- name     clock_skip
-- params   $1 skipped_us as it was read int8, $2 step_us int8
-- returns  skipped_us int8
update clock_guard
set skipped_us = skipped_us + $2::int8
where skipped_us = $1::int8
returning skipped_us
