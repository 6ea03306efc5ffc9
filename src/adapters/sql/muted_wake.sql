-- name     muted_wake
-- params   $1 id uuid[]
-- returns
with free as (
    select i.id
    from incident i
    where i.id = any($1::uuid[]) and i.status = 'open' and i.muted_by <> ''
      and i.wake_at > (select clock())
    order by i.id
    for update of i skip locked
)
update incident i set wake_at = clock() from free where i.id = free.id
