-- name     incidents_list
-- params   $1 status text or null, $2 before number int8 (0: newest), $3 rows int8,
--          $4 around timestamptz or null: those that may not have been resolved then
-- returns  columns of incident_row
-- reads
select r.*
from incident_row r
where ($1::text is null or r.status = $1::text)
  and r.number < coalesce(nullif($2::int8, 0), 9223372036854775807)
  and ($4::timestamptz is null
       or r.created_at <= $4::timestamptz and (r.status <> 'resolved' or r.updated_at >= $4::timestamptz))
order by r.number desc
limit $3::int8
