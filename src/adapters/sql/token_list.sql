-- name     token_list
-- params
-- returns  id int8, name text, role text, created_at timestamptz, expires_at timestamptz,
--          is_revoked bool
-- reads
select id, name, role, created_at, expires_at, revoked_at is not null as is_revoked
from api_token
order by id
