-- name     token_revoke
-- params   $1 id int8
-- returns
update api_token set revoked_at = clock() where id = $1::int8 and revoked_at is null
