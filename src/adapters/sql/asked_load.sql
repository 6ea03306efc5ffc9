-- name     asked_load
-- params   $1 incident uuid[]
-- returns  incident_id uuid, step int4, channel text, address text, username text
-- reads
select distinct on (d.incident_id, d.step)
       d.incident_id, d.step, d.channel, d.address, d.username
from incident i join delivery d on d.incident_id = i.id and d.cycle = i.cycle
where i.id = any($1::uuid[]) and d.kind = 'page' and d.step >= 0
      and d.dedupe_key like 'page/%' -- not those that a person asked for
order by d.incident_id, d.step, d.id desc
