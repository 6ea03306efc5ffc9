-- name     incidents_due
-- params   $1 rows int8
-- returns  columns of incident_row
select r.*
from incident_row r
where (r.wake_at <= (select clock()) -- a subquery: evaluated once, indexes used
       or r.silent_at <= (select clock()))
      and r.status <> 'resolved'
order by least(r.wake_at, r.silent_at)
limit $1::int8
for update of r skip locked
