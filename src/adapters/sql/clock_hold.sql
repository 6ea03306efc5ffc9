-- name     clock_hold
-- params   $1 at timestamptz, null: when the last replica was seen
-- returns  is_only bool
-- Nothing happens when the clock is there already, or nearly: every replica notices, one is first.
update clock_guard
set raw_at = server_clock(), held_at = floor.at
from (select coalesce($1::timestamptz, (select max(seen_at) from replica)) as at) floor
where clock() < floor.at - interval '1 s'
returning is_only
