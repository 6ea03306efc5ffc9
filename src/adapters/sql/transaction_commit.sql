-- name     transaction_commit
-- params
-- returns
commit
