-- name     destinations_lock
-- params   $1 channel text[], $2 address text[]
-- returns  channel text, address text, tokens float8, tokens_at timestamptz, storm_until
--          timestamptz, storm_id int8, paused_until timestamptz
select d.channel, d.address, d.tokens, d.tokens_at, d.storm_until, coalesce(d.storm_id, 0) as storm_id,
       d.paused_until
from destination d
where (d.channel, d.address) in (select * from unnest($1::text[], $2::text[]))
order by d.channel, d.address
for update
