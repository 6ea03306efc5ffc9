-- name     silence_end
-- params   $1 id uuid, $2 by text
-- returns  ended int8
with over as (
    update silence
    set ends_at = greatest(clock(), starts_at + interval '1 microsecond'), ended_by = $2::text
    where id = $1::uuid and ends_at > clock()
    returning id
), muted as (
    -- Whatever is kept quiet: of several alerts, or of several silences, only the first is named. In
    -- the order in which others lock them.
    select i.id
    from incident i, over
    where i.status = 'open' and i.muted_by <> ''
    order by i.id
    for update of i
), woken as (
    -- They look again at once.
    update incident i set wake_at = clock()
    from muted
    where i.id = muted.id
    returning 1
)
select count(*) as ended from over
