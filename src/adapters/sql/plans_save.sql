-- name     plans_save
-- params   $1 hash text[], $2 body text[]
-- returns
insert into plan (hash, body)
select hash, body from unnest($1::text[], $2::text[]) as r (hash, body) order by hash
on conflict (hash) do update set body = excluded.body
