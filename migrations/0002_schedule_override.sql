-- Overrides of schedules made at run time (alertify override add): somebody else is on call for some
-- time. Those of the routing files are not here. Nothing is deleted: who took over when stays known.
-- serves-from 0001

create table alertify.schedule_override (
    id         bigint generated always as identity primary key,
    schedule   text not null, -- name under `schedules:`; may vanish from the files
    user_id    text not null, -- name under `users:`; without such a user it has no effect
    from_at    timestamptz not null,
    to_at      timestamptz not null check (to_at > from_at), -- excluded
    reason     text not null default '',
    created_at timestamptz not null default alertify.clock(),
    created_by text not null,
    removed_at timestamptz,
    removed_by text
);
create index schedule_override_end on alertify.schedule_override (to_at) where removed_at is null;
