-- name     storms_touch_incidents
-- params   $1 incident uuid[]
-- returns
-- The summaries that name these incidents, as in storms_touch; none that is a day old.
update delivery
set state = 'ready',
    due_at = greatest(clock(), sent_at + case when channel in ('slack', 'telegram') then interval '15 s'
                                              when channel = 'email' then interval '5 min'
                                              else interval '1 min' end)
where id in (select covered_by from delivery
             where incident_id = any($1::uuid[]) and state = 'covered')
  and state = 'sent' and created_at > clock() - interval '1 day'
