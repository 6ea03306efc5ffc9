-- name     override_remove
-- params   $1 id int8, $2 by text
-- returns
update schedule_override set removed_at = clock(), removed_by = $2::text
where id = $1::int8 and removed_at is null
