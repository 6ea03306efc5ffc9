-- name     quarantine_add
-- params   $1 intake id int8[], $2 reason text[]
-- returns
insert into quarantine (intake_id, at, reason)
select id, clock(), reason from unnest($1::int8[], $2::text[]) as r (id, reason)
on conflict (intake_id) do update set reason = excluded.reason
