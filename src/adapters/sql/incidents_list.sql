-- name     incidents_list
-- params   $1 status text or null, $2 before number int8 (0: newest), $3 rows int8
-- returns  columns of incident_row
-- reads
select r.*
from incident_row r
where ($1::text is null or r.status = $1::text) and ($2::int8 = 0 or r.number < $2::int8)
order by r.number desc
limit $3::int8
