-- name     transaction_rollback
-- params
-- returns
-- reads
rollback
