-- Silences and maintenance windows, made at run time. Older binaries would page through them.
create table alertify.silence (
    id         uuid primary key,
    matchers   text not null, -- {a="b",c=~"d"}
    starts_at  timestamptz not null,
    ends_at    timestamptz not null check (ends_at > starts_at),
    during     text not null default '', -- only within this time interval of the routing files
    comment    text not null,
    created_by text not null,
    created_at timestamptz not null default alertify.clock(),
    ended_by   text -- who ended it before its time
);
create index silence_ends on alertify.silence (ends_at);

-- Incidents that a silence keeps quiet, for when it is ended.
create index incident_silenced on alertify.incident (muted_by text_pattern_ops)
    where status = 'open' and muted_by like 'silence %';
