-- name     deliveries_due
-- params   $1 channel text[], $2 rows of each int8[], $3 rows in all int8
-- returns  id int8, incident_id uuid, cycle int4, state_seq int8, kind text, label text, channel
--          text, address text, username text, language text, contacts text, step int4, round
--          int4, note text, attempts int4, fence int8, is_plain bool, dedupe_key text,
--          may_be_repeated bool, ref text, wanted_at timestamptz
-- Due ones of each channel, and those whose sender missed its deadline. Pages (priority 0 and 1): the
-- newest first, so that a backlog does not delay what is happening now. Everything else in the order
-- of time: a contact hears of its incident in order, so an earlier delivery that is still on its way
-- goes first. But what waits does not hold up a page: it may be news that could not be told for a
-- while. Nor does an update, which takes its time, hold up anything, nor a page that nobody needs.
-- What is no page and has to wait for an earlier one takes nobody's place: what is behind a webhook that
-- is down would fill every batch of their channel.
select d.id, d.incident_id, d.cycle, d.state_seq, d.kind, d.label, d.channel, d.address, d.username,
       d.language, d.contacts, d.step, d.round, d.note, d.attempts, d.fence, d.is_plain, d.dedupe_key,
       coalesce(d.outcome = 'unknown', false) or d.state = 'sending' as may_be_repeated, d.ref,
       d.wanted_at
from delivery d
where d.id in (
          select due.id
          from unnest($1::text[], $2::int8[]) as c (channel, n)
          cross join lateral (
              (select id from delivery
               where state = 'ready' and channel = c.channel and priority = 0
                 and due_at <= (select clock())
               order by due_at desc, id desc limit c.n)
              union all
              (select id from delivery
               where state = 'ready' and channel = c.channel and priority = 1
                 and due_at <= (select clock())
               order by due_at desc, id desc limit c.n)
              union all
              (select waits.id from delivery waits
               where waits.state = 'ready' and waits.channel = c.channel and waits.priority = 2
                 and waits.due_at <= (select clock())
                 and not exists ( -- as below, for what is no page
                         select from delivery e join incident i on i.id = e.incident_id
                         where e.incident_id = waits.incident_id and e.channel = waits.channel
                           and e.address = waits.address and e.id < waits.id
                           and e.state in ('ready', 'sending')
                           and e.kind <> 'storm' and waits.kind <> 'storm'
                           and not (e.state = 'ready'
                                    and (e.kind = 'update'
                                         or (e.kind = 'page' and i.status <> 'open'))))
               order by waits.due_at, waits.id limit c.n)
              union all
              (select id from delivery
               where state = 'sending' and channel = c.channel and send_deadline < (select clock())
               order by send_deadline limit c.n)) due)
  and (d.state = 'ready' or d.send_deadline < (select clock()))
  and not exists (
          select from delivery e join incident i on i.id = e.incident_id
          where e.incident_id = d.incident_id and e.channel = d.channel and e.address = d.address
            and e.id < d.id and e.state in ('ready', 'sending')
            and e.kind <> 'storm' and d.kind <> 'storm'
            and not (e.state = 'ready'
                     and (d.kind = 'page' or e.kind = 'update'
                          or (e.kind = 'page' and i.status <> 'open'))))
order by d.priority, case when d.priority < 2 then d.due_at end desc, d.due_at, d.id
limit $3::int8
for update of d skip locked
