-- name     audit_anchor_newest
-- params
-- returns  number int8, at timestamptz, heads int8, previous bytea, root bytea, public_key bytea,
--          signature bytea
select number, case when isfinite(at) then at end as at, heads, previous, root, public_key, signature
from audit_anchor
order by number desc
limit 1
for update
