-- name     alerts_write
-- params   $1 incident uuid[], $2 fingerprint int8[], $3 status text[], $4 starts_at
--          timestamptz[], $5 ends_at timestamptz[], $6 content_hash int8[], $7 labels text[], $8
--          annotations text[], $9 generator text[], $10 source text[], $11 now timestamptz,
--          $12 changed_seq int8[] (0: as it was)
-- returns
insert into alert (incident_id, fingerprint, status, starts_at, ends_at, content_hash, labels,
                   annotations, generator, source, updated_at, changed_seq)
select incident_id, fingerprint, status, starts_at, ends_at, content_hash, labels, annotations,
       generator, source, $11::timestamptz, changed_seq
from unnest($1::uuid[], $2::int8[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::int8[],
            $7::text[], $8::text[], $9::text[], $10::text[], $12::int8[])
     as r (incident_id, fingerprint, status, starts_at, ends_at, content_hash, labels, annotations,
           generator, source, changed_seq)
order by incident_id, fingerprint -- one order for all writers: no deadlock
on conflict (incident_id, fingerprint) do update
set status = excluded.status, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
    content_hash = excluded.content_hash, labels = excluded.labels,
    annotations = excluded.annotations, generator = excluded.generator, source = excluded.source,
    updated_at = excluded.updated_at,
    changed_seq = coalesce(nullif(excluded.changed_seq, 0), alert.changed_seq)
