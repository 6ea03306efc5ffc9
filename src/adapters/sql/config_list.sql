-- name     config_list
-- params   $1 rows int8
-- returns  hash text, loaded_at timestamptz, loaded_by text, bytes int8, incidents int8
-- reads
select c.hash, c.loaded_at, c.loaded_by, octet_length(c.source)::int8 as bytes,
       coalesce(i.n, 0) as incidents
from config c
left join (select config_hash, count(*) as n from incident group by config_hash) i
     on i.config_hash = c.hash
order by c.loaded_at desc, c.hash
limit $1::int8
