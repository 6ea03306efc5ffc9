-- name     access_log_add
-- params   $1 actor text, $2 peer text, $3 action text, $4 verdict text, $5 detail text
-- returns
insert into access_log (actor, peer, action, verdict, detail)
values ($1::text, $2::text, $3::text, $4::text, $5::text)
