-- name     plan_load
-- params   $1 hash text
-- returns  body text
-- reads
select body from plan where hash = $1::text
