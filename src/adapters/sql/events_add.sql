-- name     events_add
-- params   $1 incident uuid[], $2 seq int8[], $3 cycle int4[], $4 kind text[], $5 actor text[],
--          $6 facts text[], $7 now timestamptz, $8 hash bytea[]
-- returns
insert into event (incident_id, seq, at, cycle, kind, actor, facts, hash)
select incident_id, seq, $7::timestamptz, cycle, kind, actor, facts, hash
from unnest($1::uuid[], $2::int8[], $3::int4[], $4::text[], $5::text[], $6::text[], $8::bytea[])
     as r (incident_id, seq, cycle, kind, actor, facts, hash)
