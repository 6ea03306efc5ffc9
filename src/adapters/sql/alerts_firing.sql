-- name     alerts_firing
-- params   $1 rows int8
-- returns  labels text
-- reads
-- Of incidents that are not over: what a person resolved keeps nothing quiet any more. Alerts are found by
-- their incident: `= 'firing'` would allow alert_firing, which before the first analyze seems to be free.
select a.labels
from incident i join alert a on a.incident_id = i.id
where i.status <> 'resolved' and a.status <> 'resolved'
limit $1::int8
