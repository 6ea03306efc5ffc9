-- name     ledger_done
-- params   $1 id int8[]
-- returns
delete from intake_queue where id = any($1::int8[])
