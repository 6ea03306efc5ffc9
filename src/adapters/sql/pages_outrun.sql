-- name     pages_outrun
-- params   $1 id int8[]
-- returns  id int8, is_replaced bool
-- reads
-- Of these pages those behind which a newer one to the same person at the same address is on its way, or
-- was sent. Of two people at one address each has links of their own.
select d.id, bool_or(e.state = 'sent') as is_replaced
from delivery d
join delivery e on e.incident_id = d.incident_id and e.cycle = d.cycle and e.channel = d.channel
                   and e.address = d.address and e.username = d.username and e.kind = 'page'
                   and e.id > d.id and e.state in ('ready', 'sending', 'sent')
where d.id = any($1::int8[]) and d.kind = 'page'
group by d.id
