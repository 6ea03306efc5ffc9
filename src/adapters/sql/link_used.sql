-- name     link_used
-- params   $1 jti bytea
-- returns  is_used bool
-- reads
select exists (select 1 from link_use where jti = $1::bytea) as is_used
