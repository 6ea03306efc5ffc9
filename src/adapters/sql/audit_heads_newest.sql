-- name     audit_heads_newest
-- params
-- returns  anchor int8
-- reads
select coalesce(max(anchor), 0) as anchor from audit_head
