-- name     delivery_load
-- params   $1 id int8
-- returns  id int8, incident_id uuid, cycle int4, state_seq int8, kind text, label text, channel
--          text, address text, username text, language text, contacts text, step int4, round
--          int4, note text, attempts int4, fence int8, is_plain bool, dedupe_key text,
--          may_be_repeated bool, ref text, wanted_at timestamptz
-- reads
select d.id, d.incident_id, d.cycle, d.state_seq, d.kind, d.label, d.channel, d.address, d.username,
       d.language, d.contacts, d.step, d.round, d.note, d.attempts, d.fence, d.is_plain, d.dedupe_key,
       coalesce(d.outcome = 'unknown', false) or d.state = 'sending' as may_be_repeated, d.ref,
       d.wanted_at
from delivery d
where d.id = $1::int8
