-- name     destinations_add
-- params   $1 channel text[], $2 address text[]
-- returns
insert into destination (channel, address)
select channel, address
from unnest($1::text[], $2::text[]) as r (channel, address)
order by channel, address
on conflict (channel, address) do nothing
