-- name     alerts_firing
-- params   $1 rows int8
-- returns  labels text
-- reads
-- Of incidents that are not over: what a person resolved keeps nothing quiet any more.
select a.labels
from incident i join alert a on a.incident_id = i.id
where i.status <> 'resolved' and a.status = 'firing'
limit $1::int8
