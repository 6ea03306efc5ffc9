-- name     audit_heads_recent
-- params   $1 anchor int8, $2 since timestamptz
-- returns
insert into audit_head (anchor, incident_id, seq, hash)
select $1::int8, newest.incident_id, newest.seq, newest.hash
from (select distinct on (incident_id) incident_id, seq, hash
      from event
      where at >= $2::timestamptz and hash is not null
      order by incident_id, seq desc) newest
on conflict do nothing
