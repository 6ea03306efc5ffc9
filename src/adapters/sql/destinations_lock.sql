-- name     destinations_lock
-- params   $1 channel text[], $2 address text[]
-- returns  channel text, address text, tokens float8, tokens_at timestamptz, storm_until
--          timestamptz, storm_id int8, paused_until timestamptz
-- A summary that was given up names nothing any more.
select d.channel, d.address, d.tokens, d.tokens_at, d.storm_until, coalesce(s.id, 0) as storm_id,
       d.paused_until
from destination d
left join delivery s on s.id = d.storm_id and s.state <> 'failed'
where (d.channel, d.address) in (select * from unnest($1::text[], $2::text[]))
order by d.channel, d.address
for update of d
