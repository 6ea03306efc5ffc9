-- name     backlog_load
-- params
-- returns  ledger_rows int8, ledger_age int8, deliveries int8, delivery_age int8, incidents_due
--          int8, incident_age int8, quarantined int8, serves_from int8; ages in µs
-- reads
with now as (select clock() as at)
select (select count(*) from intake_queue) as ledger_rows,
       coalesce((select (extract(epoch from now.at - i.received_at) * 1000000)::int8
                 from intake i where i.id = (select min(id) from intake_queue)), 0) as ledger_age,
       (select count(*) from delivery where state = 'ready' and due_at <= now.at) as deliveries,
       coalesce((select (extract(epoch from now.at - min(due_at)) * 1000000)::int8
                 from delivery where state = 'ready' and due_at <= now.at), 0) as delivery_age,
       (select count(*) from incident where wake_at <= now.at and status <> 'resolved') as incidents_due,
       coalesce((select (extract(epoch from now.at - min(wake_at)) * 1000000)::int8
                 from incident where wake_at <= now.at and status <> 'resolved'), 0) as incident_age,
       (select count(*) from quarantine) as quarantined,
       (select max(serves_from)::int8 from schema_version) as serves_from
from now
