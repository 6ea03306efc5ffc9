-- name     conversations_write
-- params   $1 incident uuid[], $2 cycle int4[], $3 channel text[], $4 address text[], $5 username
--          text[], $6 language text[], $7 label text[], $8 ref text[], $9 told_seq int8[]
-- returns
insert into conversation (incident_id, cycle, channel, address, username, language, label, ref,
                          told_seq)
select incident_id, cycle, channel, address, username, language, label, ref, told_seq
from unnest($1::uuid[], $2::int4[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::int8[])
     as r (incident_id, cycle, channel, address, username, language, label, ref, told_seq)
order by incident_id, cycle, channel, address
on conflict (incident_id, cycle, channel, address) do update
set ref = case when excluded.ref = '' then conversation.ref else excluded.ref end,
    told_seq = greatest(conversation.told_seq, excluded.told_seq)
