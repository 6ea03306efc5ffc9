-- name     incident_by_number
-- params   $1 number int8
-- returns  columns of incident_row
-- reads
select r.* from incident_row r where r.number = $1::int8
