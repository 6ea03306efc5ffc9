-- name     transaction_begin_snapshot
-- params
-- returns
-- reads
begin isolation level repeatable read read only
