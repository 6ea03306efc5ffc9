-- name     destinations_write
-- params   $1 channel text[], $2 address text[], $3 tokens float8[], $4 tokens_at timestamptz[], $5
--          storm_until timestamptz[], $6 storm_id int8[] (0: none), $7 paused_until timestamptz[]
-- returns
update destination d
set tokens = r.tokens, tokens_at = r.tokens_at, storm_until = r.storm_until,
    storm_id = nullif(r.storm_id, 0), paused_until = r.paused_until
from unnest($1::text[], $2::text[], $3::float8[], $4::timestamptz[], $5::timestamptz[], $6::int8[],
            $7::timestamptz[])
     as r (channel, address, tokens, tokens_at, storm_until, storm_id, paused_until)
where d.channel = r.channel and d.address = r.address
