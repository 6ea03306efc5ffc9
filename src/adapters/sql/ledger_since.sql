-- name     ledger_since
-- params   $1 since timestamptz, $2 behind this id int8, $3 rows int8, $4 bytes int8
-- returns  id int8, source text, body bytea, received_at timestamptz
-- reads
select id, source, body, received_at
from (select i.id, i.source, i.body, i.received_at,
             sum(octet_length(i.body)) over (order by i.id) - octet_length(i.body) as before
      from (select id, source, body, received_at
            from intake
            where id > $2::int8 and received_at >= $1::timestamptz
              and not exists (select from quarantine q where q.intake_id = intake.id)
            order by id
            limit $3::int8) i) ranked
where before < $4::int8
order by id
