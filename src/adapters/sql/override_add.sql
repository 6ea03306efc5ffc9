-- name     override_add
-- params   $1 schedule text, $2 user text, $3 from timestamptz, $4 to timestamptz, $5 reason text,
--          $6 by text
-- returns  id int8
insert into schedule_override (schedule, user_id, from_at, to_at, reason, created_by)
values ($1::text, $2::text, $3::timestamptz, $4::timestamptz, $5::text, $6::text)
returning id
