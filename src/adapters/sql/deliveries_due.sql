-- name     deliveries_due
-- params   $1 rows int8
-- returns  id int8, incident_id uuid, cycle int4, state_seq int8, kind text, label text, channel
--          text, address text, username text, language text, contacts text, step int4, round
--          int4, note text, attempts int4, fence int8, is_plain bool, dedupe_key text,
--          may_be_repeated bool
-- Due ones, and those whose sender missed its deadline. A contact hears of its incident in order:
--          an
-- earlier delivery that is still on its way goes first, unless it is a page that nobody needs any
--          more.
select d.id, d.incident_id, d.cycle, d.state_seq, d.kind, d.label, d.channel, d.address, d.username,
       d.language, d.contacts, d.step, d.round, d.note, d.attempts, d.fence, d.is_plain, d.dedupe_key,
       coalesce(d.outcome = 'unknown', false) or d.state = 'sending' as may_be_repeated
from delivery d
where d.id in (
          (select id from delivery where state = 'ready' and due_at <= (select clock())
           order by due_at, id limit $1::int8)
          union all
          (select id from delivery where state = 'sending' and send_deadline < (select clock())
           order by send_deadline limit $1::int8))
  and (d.state = 'ready' or d.send_deadline < (select clock()))
  and not exists (
          select from delivery e join incident i on i.id = e.incident_id
          where e.incident_id = d.incident_id and e.channel = d.channel and e.address = d.address
            and e.id < d.id and e.state in ('ready', 'sending')
            and not (e.kind = 'page' and e.state = 'ready' and i.status <> 'open'))
order by d.due_at, d.id
limit $1::int8
for update of d skip locked
