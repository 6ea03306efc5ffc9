-- name     embedded_role_create
-- script
-- The role that serves is not the superuser of the private cluster.
do $$
begin
    if not exists (select from pg_roles where rolname = 'alertify') then
        create role alertify login;
        grant pg_monitor to alertify;
    end if;
end
$$
