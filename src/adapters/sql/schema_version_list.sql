-- name     schema_version_list
-- params
-- returns  version int4, name text, checksum text, serves_from int4
-- reads
select version, name, checksum, serves_from from alertify.schema_version order by version
