-- name     transaction_begin
-- params
-- returns
begin
