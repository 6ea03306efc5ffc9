-- name     audit_anchors
-- params   $1 behind int8, $2 rows int8
-- returns  number int8, at timestamptz, heads int8, previous bytea, root bytea, public_key bytea,
--          signature bytea
-- reads
select number, case when isfinite(at) then at end as at, heads, previous, root, public_key, signature
from audit_anchor
where number > $1::int8
order by number
limit $2::int8
