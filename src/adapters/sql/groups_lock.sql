-- name     groups_lock
-- params   $1 group_key bytea[]
-- returns  columns of incident_row
select r.*
from unnest($1::bytea[]) as k (group_key)
join lateral (select i.id from incident i where i.group_key = k.group_key
              order by i.number desc limit 1) newest on true
join incident_row r on r.id = newest.id
order by r.id
for update of r
