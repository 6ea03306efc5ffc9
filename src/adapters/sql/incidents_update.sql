-- name     incidents_update
-- params   $1 id uuid[], $2 status text[], $3 cycle int4[], $4 seq int8[], $5 state_seq int8[],
--          $6 ack_seq int8[] (0: none), $7 firing int8[], $8 total int8[], $9 step int4[], $10
--          round int4[], $11 wake_at timestamptz[], $12 held_by_run uuid[], $13 was_reached
--          bool[], $14 now timestamptz, $15 acked_at timestamptz[], $16 acked_by text[], $17
--          resolved_at timestamptz[], $18 resolved_by text[], $19 plan_hash text[], $20
--          config_hash text[], $21 silent_at timestamptz[], $22 reminded_at timestamptz[], $23
--          muted_by text[], $24 flapping_at timestamptz[], $25 opens text[], $26 chain
--          bytea[], $27 title text[], $28 severity text[], $29 snoozed_until timestamptz[], $30
--          restart_seq int8[], $31 merged_into int8[] (0: none)
-- returns
update incident i
set status = r.status, cycle = r.cycle, seq = r.seq, state_seq = r.state_seq,
    ack_seq = nullif(r.ack_seq, 0), firing = r.firing, total = r.total, step = r.step,
    round = r.round, wake_at = r.wake_at, held_by_run = r.held_by_run,
    was_reached = r.was_reached, updated_at = $14::timestamptz, acked_at = r.acked_at,
    acked_by = r.acked_by, resolved_at = r.resolved_at, resolved_by = r.resolved_by,
    plan_hash = r.plan_hash, config_hash = r.config_hash,
    silent_at = r.silent_at, reminded_at = r.reminded_at, muted_by = r.muted_by,
    flapping_at = r.flapping_at, opens = r.opens, chain = r.chain,
    title = r.title, severity = r.severity, snoozed_until = r.snoozed_until,
    restart_seq = r.restart_seq, merged_into = nullif(r.merged_into, 0)
from unnest($1::uuid[], $2::text[], $3::int4[], $4::int8[], $5::int8[], $6::int8[], $7::int8[],
            $8::int8[], $9::int4[], $10::int4[], $11::timestamptz[], $12::uuid[], $13::bool[],
            $15::timestamptz[], $16::text[], $17::timestamptz[], $18::text[], $19::text[],
            $20::text[], $21::timestamptz[], $22::timestamptz[], $23::text[], $24::timestamptz[],
            $25::text[], $26::bytea[], $27::text[], $28::text[], $29::timestamptz[], $30::int8[],
            $31::int8[])
     as r (id, status, cycle, seq, state_seq, ack_seq, firing, total, step, round, wake_at,
           held_by_run, was_reached, acked_at, acked_by, resolved_at, resolved_by, plan_hash,
           config_hash, silent_at, reminded_at, muted_by, flapping_at, opens, chain, title, severity,
           snoozed_until, restart_seq, merged_into)
where i.id = r.id
