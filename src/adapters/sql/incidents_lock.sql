-- name     incidents_lock
-- params   $1 id uuid[]
-- returns  columns of incident_row
select r.* from incident_row r where r.id = any($1::uuid[]) order by r.id for update of r
