-- name     silence_end
-- params   $1 id uuid, $2 by text
-- returns  ended int8
with over as (
    update silence
    set ends_at = greatest(clock(), starts_at + interval '1 microsecond'), ended_by = $2::text
    where id = $1::uuid and ends_at > clock()
    returning id
), woken as (
    -- What it kept quiet is looked at again, at once.
    update incident i set wake_at = clock()
    from over
    where i.status = 'open' and i.muted_by like 'silence %'
      and i.muted_by like 'silence ' || over.id || '%'
    returning 1
)
select count(*) as ended from over
