-- name     incident_has_merged
-- params   $1 number int8
-- returns  is_so bool
-- reads
select exists (select from incident where merged_into = $1::int8 and status <> 'resolved') as is_so
