-- name     overrides_load
-- params   $1 from timestamptz, $2 until timestamptz
-- returns  id int8, schedule text, user_id text, from_at timestamptz, to_at timestamptz,
--          reason text, created_by text
-- reads
select id, schedule, user_id, from_at, to_at, reason, created_by
from schedule_override
where removed_at is null and to_at > $1::timestamptz and from_at < $2::timestamptz
order by id
limit 10000
