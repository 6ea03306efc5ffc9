-- name     storms_touch
-- params   $1 id int8[]
-- returns
-- A summary is edited now and then, not with every page; where it cannot be edited, less often still.
update delivery
set state = 'ready',
    due_at = greatest(clock(), sent_at + case when channel in ('slack', 'telegram') then interval '15 s'
                                              when channel = 'email' then interval '5 min'
                                              else interval '1 min' end)
where id = any($1::int8[]) and kind = 'storm' and state = 'sent'
