-- name     storm_open
-- params   $1 id of the page int8, $2 now timestamptz, $3 priority int4
-- returns  id int8
-- A page may be the first of more than one: when the one before was given up. Its incident is locked.
insert into delivery (incident_id, cycle, state_seq, kind, dedupe_key, label, channel, address,
                      username, language, contacts, step, round, note, state, due_at, created_at,
                      priority)
select incident_id, cycle, state_seq, 'storm',
       'storm/' || id || '/' || (select count(*) from delivery e
                                 where e.incident_id = d.incident_id and e.kind = 'storm'), label, channel, address, username,
       language, '[]', -1, round, '', 'ready', $2::timestamptz, $2::timestamptz, $3::int4
from delivery d
where id = $1::int8
returning id
