-- Heartbeats: a clock that goes forward excuses them (docs/adr/0016), and one that left the files starts anew
-- when it comes back. Only adds; older binaries run on it.
-- serves-from 0013

-- How much time alertify's clock has skipped so far, as far as replicas have noticed: each skip is noted by
-- one of them, which compares the sum with what it was at its last look.
alter table alertify.clock_guard add column skipped_us bigint not null default 0;

-- Since when the configuration in force does not have it. Not looked at; null: it has it.
alter table alertify.heartbeat add column left_at timestamptz;
-- Which that is, replicas may disagree about: the one that was loaded last, of those that run.
alter table alertify.replica add column config_hash text not null default '';
