-- name     token_create
-- params   $1 name text, $2 role text, $3 hash bytea, $4 lifetime µs int8 (0: for ever)
-- returns  id int8, name text, role text, created_at timestamptz, expires_at timestamptz,
--          is_revoked bool
insert into api_token (name, role, hash, expires_at)
values ($1::text, $2::text, $3::bytea,
        case when $4::int8 > 0 then clock() + $4::int8 * interval '1 microsecond' end)
returning id, name, role, created_at, expires_at, false as is_revoked
