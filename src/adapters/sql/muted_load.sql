-- name     muted_load
-- params   $1 after uuid, $2 rows int8
-- returns  id uuid, receiver text, group_labels text, firing int8, labels text
-- reads
-- `<> 'resolved'` as in alerts_firing.
select i.id, i.receiver, i.group_labels, i.firing, a.labels
from incident i join alert a on a.incident_id = i.id and a.status <> 'resolved'
where i.status = 'open' and i.muted_by <> '' and i.wake_at > (select clock()) and i.id > $1::uuid
order by i.id, a.fingerprint
limit $2::int8
