-- Heartbeats: signs of life that are expected again and again (`heartbeats:` of the routing files). Only
-- adds; an older binary ignores it.
-- serves-from 0009

create table alertify.heartbeat (
    name          text primary key,     -- may vanish from the files; then nobody looks at it
    since_at      timestamptz not null, -- known since: one that never came counts from then
    beat_at       timestamptz,          -- the newest
    not_before_at timestamptz,          -- not missed before then: nobody listened for a while
    missed_at     timestamptz,
    told_at       timestamptz,          -- when that was put into the ledger last
    alert         text not null default '' -- labels of that alert (JSON): what ends it
) with (fillfactor = 70);
