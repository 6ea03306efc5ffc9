-- name     incidents_due
-- params   $1 rows int8
-- returns  columns of incident_row
-- The earliest ones by each of the two indexes: the cost is that of what is due, whatever waits. More
-- than are wanted, because others may hold the first of them. clock() in a subquery is evaluated once.
-- Of those due at the same moment the one opened first is first: it takes the earlier turn.
select r.*
from incident_row r
where r.id in (
          select id from (select id from incident
                          where wake_at <= (select clock()) and status <> 'resolved'
                          order by wake_at limit 8 * $1::int8) awake
          union all
          select id from (select id from incident
                          where silent_at <= (select clock()) and status <> 'resolved'
                          order by silent_at limit 8 * $1::int8) silent)
      and (r.wake_at <= (select clock()) or r.silent_at <= (select clock()))
      and r.status <> 'resolved'
order by least(r.wake_at, r.silent_at), r.number
limit $1::int8
for update of r skip locked
