-- name     schema_version_exists
-- params
-- returns  found bool
-- reads
select to_regclass('alertify.schema_version') is not null as found
