-- name     audit_heads_all
-- params   $1 anchor int8
-- returns
insert into audit_head (anchor, incident_id, seq, hash)
select $1::int8, e.incident_id, e.seq, e.hash
from incident i
join event e on e.incident_id = i.id and e.seq = i.seq
where e.hash is not null
on conflict do nothing
