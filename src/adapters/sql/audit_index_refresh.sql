-- name     audit_index_refresh
-- params
-- returns  ranges int4
-- Autovacuum would do it, some day: without, each look at what was written lately reads every entry
-- since the last time. Only the owner of the index may.
select brin_summarize_new_values(c.oid::regclass)::int4 as ranges
from pg_class c
where c.oid = 'event_at'::regclass and pg_has_role(c.relowner, 'usage')
