-- name     embedded_database_exists
-- params
-- returns  found bool
-- reads
select exists (select from pg_database where datname = 'alertify') as found
