-- name     incidents_insert
-- params   $1 id uuid[], $2 group_key bytea[], $3 receiver text[], $4 group_labels text[], $5
--          title text[], $6 service text[], $7 severity text[], $8 status text[], $9 cycle
--          int4[], $10 seq int8[], $11 state_seq int8[], $12 ack_seq int8[] (0: none), $13 firing
--          int8[], $14 total int8[], $15 step int4[], $16 round int4[], $17 wake_at
--          timestamptz[], $18 held_by_run uuid[], $19 was_reached bool[], $20 plan_hash text[],
--          $21 config_hash text[], $22 now timestamptz, $23 acked_at timestamptz[], $24 acked_by
--          text[], $25 resolved_at timestamptz[], $26 resolved_by text[], $27 silent_at
--          timestamptz[], $28 reminded_at timestamptz[], $29 muted_by text[], $30 flapping_at
--          timestamptz[], $31 opens text[], $32 chain bytea[]
-- returns
insert into incident (id, group_key, receiver, group_labels, title, service, severity, status,
                      cycle, seq, state_seq, ack_seq, firing, total, step, round, wake_at,
                      held_by_run, was_reached, plan_hash, config_hash, created_at, updated_at,
                      acked_at, acked_by, resolved_at, resolved_by, silent_at, reminded_at,
                      muted_by, flapping_at, opens, chain)
select id, group_key, receiver, group_labels, title, service, severity, status, cycle, seq,
       state_seq, nullif(ack_seq, 0), firing, total, step, round, wake_at, held_by_run,
       was_reached, plan_hash, config_hash, $22::timestamptz, $22::timestamptz, acked_at, acked_by,
       resolved_at, resolved_by, silent_at, reminded_at, muted_by, flapping_at, opens,
       chain
from unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::int4[], $10::int8[], $11::int8[], $12::int8[], $13::int8[], $14::int8[],
            $15::int4[], $16::int4[], $17::timestamptz[], $18::uuid[], $19::bool[], $20::text[],
            $21::text[], $23::timestamptz[], $24::text[], $25::timestamptz[], $26::text[],
            $27::timestamptz[], $28::timestamptz[], $29::text[], $30::timestamptz[], $31::text[],
            $32::bytea[])
     with ordinality
     as r (id, group_key, receiver, group_labels, title, service, severity, status, cycle, seq,
           state_seq, ack_seq, firing, total, step, round, wake_at, held_by_run, was_reached,
           plan_hash, config_hash, acked_at, acked_by, resolved_at, resolved_by,
           silent_at, reminded_at, muted_by, flapping_at, opens, chain, place)
order by place
