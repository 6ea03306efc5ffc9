-- name     config_load
-- params   $1 beginning of the hash text
-- returns  hash text, loaded_at timestamptz, loaded_by text, source text
-- reads
select hash, loaded_at, loaded_by, source
from config
where starts_with(hash, $1::text)
order by hash
limit 2
