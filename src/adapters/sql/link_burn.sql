-- name     link_burn
-- params   $1 jti bytea, $2 incident uuid, $3 actor text, $4 peer text
-- returns
insert into link_use (jti, incident_id, used_at, actor, peer)
values ($1::bytea, $2::uuid, clock(), $3::text, $4::text)
on conflict (jti) do nothing
