-- name     heartbeats_add
-- params   $1 name text[]
-- returns
insert into heartbeat (name, since_at)
select name, clock() from unnest($1::text[]) as r (name) order by name
on conflict do nothing
