-- name     groups_lock
-- params   $1 group_key bytea[]
-- returns  columns of incident_row
-- The one that goes on, which need not be the newest: a person may have reopened an older one.
select r.*
from unnest($1::bytea[]) as k (group_key)
cross join lateral (
    select coalesce((select i.id from incident i
                     where i.group_key = k.group_key and i.status <> 'resolved'),
                    (select i.id from incident i where i.group_key = k.group_key
                     order by i.number desc limit 1)) as id) current
join incident_row r on r.id = current.id
order by r.id
for update of r
