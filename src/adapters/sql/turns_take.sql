-- name     turns_take
-- params   $1 receiver text[], $2 step int4[], $3 turns int8[]
-- returns  receiver text, step int4, taken int8
-- In the order of the key, so that two replicas that take several turns do not wait for each other.
insert into turn as t (receiver, step, taken)
select receiver, step, turns
from unnest($1::text[], $2::int4[], $3::int8[]) as r (receiver, step, turns)
order by receiver collate "C", step
on conflict (receiver, step) do update set taken = t.taken + excluded.taken
returning t.receiver, t.step, t.taken
