-- name     ledger_next
-- params   $1 rows int8, $2 bytes int8, $3 first id to look at int8
-- returns  id int8, source text, body bytea, received_at timestamptz
-- reads
select id, source, body, received_at
from (select i.id, i.source, i.body, i.received_at,
             sum(octet_length(i.body)) over (order by q.id) - octet_length(i.body) as before
      from (select id from intake_queue where id >= $3::int8 order by id limit $1::int8) q
      join intake i on i.id = q.id) ranked
where before < $2::int8
order by id
