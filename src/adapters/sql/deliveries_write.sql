-- name     deliveries_write
-- params   $1 id int8[], $2 fence int8[] (before), $3 state text[], $4 owner uuid[], $5
--          send_deadline timestamptz[], $6 due_at timestamptz[], $7 attempts int4[], $8 outcome
--          text[], $9 reason text[], $10 channel text[], $11 address text[], $12 contacts text[],
--          $13 is_plain bool[], $14 username text[], $15 language text[], $16 covered_by int8[] (0:
--          none), $17 ref text[] (empty: as before)
-- returns
-- A new fence for who sends, and where a claim ends the attempt of a sender that missed its deadline
-- (no outcome, so it is unknown): whatever that one still has to say comes too late.
update delivery d
set state = r.state,
    fence = d.fence + case when r.state = 'sending' or (d.state = 'sending' and r.outcome is null)
                           then 1 else 0 end,
    owner = r.owner, send_deadline = r.send_deadline, due_at = coalesce(r.due_at, d.due_at),
    attempts = r.attempts, reason = r.reason,
    outcome = case when d.state = 'sending' and r.outcome is null then 'unknown'
                   else coalesce(r.outcome, d.outcome) end,
    channel = r.channel, address = r.address, contacts = r.contacts, is_plain = r.is_plain,
    username = r.username, language = r.language, covered_by = nullif(r.covered_by, 0),
    ref = case when r.ref = '' then d.ref else r.ref end,
    sent_at = case when r.state = 'sent' then clock() end
from unnest($1::int8[], $2::int8[], $3::text[], $4::uuid[], $5::timestamptz[], $6::timestamptz[],
            $7::int4[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bool[],
            $14::text[], $15::text[], $16::int8[], $17::text[])
     as r (id, fence, state, owner, send_deadline, due_at, attempts, outcome, reason, channel,
           address, contacts, is_plain, username, language, covered_by, ref)
where d.id = r.id and d.fence = r.fence
  and (r.outcome is null or d.state = 'sending') -- an outcome is recorded once
