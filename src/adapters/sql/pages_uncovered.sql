-- name     pages_uncovered
-- params   $1 rows int8
-- returns  id int8, incident_id uuid, cycle int4, state_seq int8, kind text, label text, channel
--          text, address text, username text, language text, contacts text, step int4, round
--          int4, note text, attempts int4, fence int8, is_plain bool, dedupe_key text,
--          may_be_repeated bool, ref text, wanted_at timestamptz, summary int8, why text
-- Those of a summary that was given up long ago have left it: the few that are there are found by it.
select d.id, d.incident_id, d.cycle, d.state_seq, d.kind, d.label, d.channel, d.address, d.username,
       d.language, d.contacts, d.step, d.round, d.note, d.attempts, d.fence, d.is_plain, d.dedupe_key,
       coalesce(d.outcome = 'unknown', false) as may_be_repeated, d.ref, d.wanted_at,
       d.covered_by as summary, s.reason as why
from delivery d join delivery s on s.id = d.covered_by
where d.id in (
          select page.id
          from delivery summary
          cross join lateral (
              select id from delivery
              where covered_by = summary.id and state = 'covered'
              order by id limit $1::int8) page
          where summary.kind = 'storm' and summary.state = 'failed'
          order by summary.id, page.id limit $1::int8)
  and d.state = 'covered'
order by d.id
for update of d skip locked
