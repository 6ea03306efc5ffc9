-- name     storm_incidents
-- params   $1 id of the summary int8, $2 rows int8
-- returns  id uuid, cycle int4
-- reads
select distinct i.id, i.cycle
from delivery d join incident i on i.id = d.incident_id and i.cycle = d.cycle
where d.covered_by = $1::int8 and i.status = 'open'
order by i.id
limit $2::int8
