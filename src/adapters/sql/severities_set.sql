-- name     severities_set
-- params   $1 incident uuid[]
-- returns  id uuid
-- reads
select distinct i.id
from incident i join event e on e.incident_id = i.id and e.cycle = i.cycle
where i.id = any($1::uuid[]) and e.kind = 'changed' and e.actor not like 'source:%'
      and e.facts::json ->> 'what' = 'severity'
order by i.id
