-- name     deliveries_add
-- params   $1 incident uuid[], $2 cycle int4[], $3 state_seq int8[], $4 kind text[], $5
--          dedupe_key text[], $6 label text[], $7 channel text[], $8 address text[], $9 username
--          text[], $10 language text[], $11 contacts text[], $12 step int4[], $13 round int4[],
--          $14 note text[], $15 now timestamptz, $16 priority int4[], $17 delay int8[] (us),
--          $18 late int8[] (us)
-- returns
insert into delivery (incident_id, cycle, state_seq, kind, dedupe_key, label, channel, address,
                      username, language, contacts, step, round, note, state, due_at, created_at,
                      priority, wanted_at)
select incident_id, cycle, state_seq, kind, dedupe_key, label, channel, address, username, language,
       contacts, step, round, note, 'ready', $15::timestamptz + delay * interval '1 microsecond',
       $15::timestamptz, priority, $15::timestamptz + (delay - late) * interval '1 microsecond'
from unnest($1::uuid[], $2::int4[], $3::int8[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::text[], $11::text[], $12::int4[], $13::int4[], $14::text[],
            $16::int4[], $17::int8[], $18::int8[])
     with ordinality
     as r (incident_id, cycle, state_seq, kind, dedupe_key, label, channel, address, username,
           language, contacts, step, round, note, priority, delay, late, place)
order by place
on conflict (incident_id, dedupe_key) do nothing -- the same intent, decided again after a crash
