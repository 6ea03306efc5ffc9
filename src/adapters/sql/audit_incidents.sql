-- name     audit_incidents
-- params   $1 behind uuid, $2 rows int8
-- returns  id uuid, number int8, seq int8, chain_from int8, chain bytea
-- reads
select id, number, seq, chain_from, chain
from incident
where id > $1::uuid
order by id
limit $2::int8
