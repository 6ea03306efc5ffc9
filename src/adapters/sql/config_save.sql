-- name     config_save
-- params   $1 hash text, $2 loaded_by text, $3 source text
-- returns
insert into config (hash, loaded_by, source) values ($1::text, $2::text, $3::text)
on conflict (hash) do update set loaded_by = excluded.loaded_by, loaded_at = clock()
