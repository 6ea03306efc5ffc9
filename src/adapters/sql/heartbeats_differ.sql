-- name     heartbeats_differ
-- params   $1 name text[], $2 config_hash text
-- returns  differ bool
-- reads
-- Hash of the configuration that was loaded last, of those of replicas that were seen lately.
select exists (select from heartbeat where (left_at is null) <> (name = any($1::text[])))
       and $2::text = (select c.hash
                       from replica r
                       join config c on c.hash = r.config_hash
                       where r.seen_at > (select clock()) - interval '10 s'
                       order by c.loaded_at desc, c.hash
                       limit 1) is true as differ
