-- name     strays_load
-- params   $1 fingerprint int8[], $2 resolved since timestamptz, $3 rows int8
-- returns  fingerprint int8, group_key bytea
-- reads
-- The incidents in which these alerts fire: today's routing may not lead there any more.
select a.fingerprint, i.group_key
from alert a join incident i on i.id = a.incident_id
where a.fingerprint = any($1::int8[]) and a.status = 'firing'
  and (i.status <> 'resolved' or i.resolved_at >= $2::timestamptz)
order by a.fingerprint, i.group_key
limit $3::int8
