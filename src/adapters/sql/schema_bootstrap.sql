-- name     schema_bootstrap
-- script
-- Only what the migrations themselves need; everything else is a migration.
create schema if not exists alertify;
create table if not exists alertify.schema_version (
    version     int4 primary key check (version > 0),
    name        text not null,
    checksum    text not null,          -- BLAKE2b-256 of the file, hexadecimal
    serves_from int4 not null,          -- oldest newest-known migration of a binary that may serve
    applied_at  timestamptz not null default clock_timestamp()
);
