-- name     actions_since
-- params   $1 since timestamptz, $2 rows int8
-- returns  at timestamptz, incident_id uuid, seq int8, group_key bytea, kind text, actor text,
--          fingerprint int8
-- reads
-- What people did: neither a source, nor the escalation, nor silence. A row for each alert of the
-- incident.
select e.at, e.incident_id, e.seq, i.group_key, e.kind, e.actor, a.fingerprint
from (select incident_id, seq, at, kind, actor
      from event
      where at >= $1::timestamptz and kind in ('acknowledged', 'resolved')
        and actor not like 'source:%' and actor not in ('alertify', 'silence')
      order by at, incident_id, seq
      limit $2::int8) e
join incident i on i.id = e.incident_id
join alert a on a.incident_id = e.incident_id
order by e.at, e.incident_id, e.seq, a.fingerprint
