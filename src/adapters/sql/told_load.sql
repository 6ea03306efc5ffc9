-- name     told_load
-- params   $1 incident uuid[]
-- returns  incident_id uuid, channel text, address text, username text, language text, label
--          text, ref text, told_seq int8
-- reads
select c.incident_id, c.channel, c.address, c.username, c.language, c.label, c.ref,
       c.told_seq
from incident i join conversation c on c.incident_id = i.id and c.cycle = i.cycle
where i.id = any($1::uuid[])
order by c.incident_id, c.channel, c.address
