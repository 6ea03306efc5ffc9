-- name     link_key_rotate
-- params
-- returns  kid int4
with fresh as (
    insert into link_key (kid) select coalesce(max(kid), 0) + 1 from link_key returning kid
), retired as (
    update link_key set retired_at = clock()
    where retired_at is null and kid < (select kid from fresh) - 1
)
select kid::int4 as kid from fresh
