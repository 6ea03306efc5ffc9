-- name     schema_version_add
-- params   $1 version int4, $2 name text, $3 checksum text, $4 serves_from int4
-- returns
insert into alertify.schema_version (version, name, checksum, serves_from)
values ($1::int4, $2::text, $3::text, $4::int4)
