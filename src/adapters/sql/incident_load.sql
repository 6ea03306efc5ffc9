-- name     incident_load
-- params   $1 id uuid
-- returns  columns of incident_row
-- reads
select r.* from incident_row r where r.id = $1::uuid
