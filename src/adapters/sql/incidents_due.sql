-- name     incidents_due
-- params   $1 rows int8
-- returns  columns of incident_row
select r.*
from incident_row r
where r.wake_at <= (select clock()) and r.status = 'open' -- a subquery: evaluated once, index used
order by r.wake_at
limit $1::int8
for update of r skip locked
