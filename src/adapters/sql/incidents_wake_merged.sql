-- name     incidents_wake_merged
-- params   $1 id uuid[] (incidents that have just ended), $2 now timestamptz
-- returns
-- Who holds one of them may wait for the incident that ends: they are not waited for, but look themselves.
update incident
set wake_at = least(wake_at, $2::timestamptz)
where id in (select m.id
             from incident root join incident m on m.merged_into = root.number
             where root.id = any($1::uuid[]) and m.status <> 'resolved'
             for update of m skip locked)
