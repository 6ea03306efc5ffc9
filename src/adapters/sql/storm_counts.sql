-- name     storm_counts
-- params   $1 id of the summary int8
-- returns  status text, is_urgent bool, incidents int8
-- reads
select i.status, c.priority = 0 as is_urgent, count(*) as incidents
from (select incident_id, min(priority) as priority from delivery
      where covered_by = $1::int8 group by incident_id) c
join incident i on i.id = c.incident_id
group by i.status, c.priority = 0
