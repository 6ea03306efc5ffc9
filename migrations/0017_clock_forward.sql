-- A clock that goes forward excuses heartbeats (docs/adr/0016). Only adds; older binaries run on it.
-- serves-from 0013

-- How much time alertify's clock has skipped so far, as far as replicas have noticed: each skip is noted by
-- one of them, which compares the sum with what it was at its last look.
alter table alertify.clock_guard add column skipped_us bigint not null default 0;
