-- name     strays_load
-- params   $1 hash of the configuration in force text, $2 rows int8
-- returns  fingerprint int8, group_key bytea
-- reads
-- What fires in incidents of earlier configurations: today's routing may not lead there any more.
select a.fingerprint, i.group_key
from incident i join alert a on a.incident_id = i.id
where i.status <> 'resolved' and a.status = 'firing' and i.config_hash <> $1::text
order by a.fingerprint, i.group_key
limit $2::int8
