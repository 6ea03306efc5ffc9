-- name     storm_items
-- params   $1 id of the summary int8, $2 rows int8
-- returns  number int8, title text, severity text, status text, created_at timestamptz
-- reads
select i.number, i.title, i.severity, i.status, i.created_at
from (select incident_id, min(priority) as priority from delivery
      where covered_by = $1::int8 group by incident_id) c
join incident i on i.id = c.incident_id
order by i.status <> 'open', i.status = 'resolved', c.priority, i.number desc
limit $2::int8
