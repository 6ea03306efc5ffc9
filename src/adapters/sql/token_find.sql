-- name     token_find
-- params   $1 hash bytea
-- returns  id int8, name text, role text, created_at timestamptz, expires_at timestamptz,
--          is_revoked bool
update api_token
set last_used_at = case when last_used_at > clock() - interval '1 min' then last_used_at
                        else clock() end
where hash = $1::bytea and revoked_at is null and (expires_at is null or expires_at > clock())
returning id, name, role, created_at, expires_at, false as is_revoked
