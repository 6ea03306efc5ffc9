-- name     embedded_database_create
-- script
create database alertify owner alertify
