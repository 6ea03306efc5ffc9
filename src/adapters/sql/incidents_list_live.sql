-- name     incidents_list_live
-- params   $1 status text, not resolved, $2 before number int8 (0: newest), $3 rows int8,
--          $4 around timestamptz or null: those that were there then
-- returns  columns of incident_row
-- reads
-- As incidents_list. A statement of its own, because its plan is made for every status, and only what
-- says that it is not resolved can use the index of those that are not.
select r.*
from incident_row r
where r.status <> 'resolved' and r.status = $1::text
  and r.number < coalesce(nullif($2::int8, 0), 9223372036854775807)
  and ($4::timestamptz is null or r.created_at <= $4::timestamptz)
order by r.number desc
limit $3::int8
