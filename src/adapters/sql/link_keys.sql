-- name     link_keys
-- params
-- returns  kid int4
-- reads
select kid::int4 as kid from link_key where retired_at is null order by created_at, kid
