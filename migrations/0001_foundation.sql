-- The foundation: ledger, incidents, alerts, timeline, deliveries, script runs, access.
-- Words in CHECK constraints equal the X-macro lists of the code (a lint compares them).

-- The one clock. Every due time and lease goes through it; tests replace it to fast-forward.
create function alertify.clock() returns timestamptz
    language sql volatile parallel safe as 'select clock_timestamp()';

-- The ledger: every accepted body, raw, append-only. What is still to do stands in intake_queue, so
-- that ledger rows are never rewritten.
create table alertify.intake (
    id          bigint generated always as identity primary key,
    receipt     uuid not null unique,
    source      text not null,
    received_at timestamptz not null default alertify.clock(),
    peer        text not null default '',
    body        bytea not null
);
do $$ begin
    alter table alertify.intake alter column body set compression lz4;
exception when others then null; -- a server without lz4 keeps pglz
end $$;

create table alertify.intake_queue (
    id bigint primary key -- of intake; no foreign key: both are written by one statement
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- Bodies nobody could read: kept, visible, counted.
create table alertify.quarantine (
    intake_id bigint primary key references alertify.intake on delete cascade,
    at        timestamptz not null default alertify.clock(),
    reason    text not null
);

-- Every configuration that was in force, and the escalation plans that incidents run under.
create table alertify.config (
    hash      text primary key, -- BLAKE2b-256, hex
    loaded_at timestamptz not null default alertify.clock(),
    loaded_by text not null,
    source    text not null
);
create table alertify.plan (
    hash text primary key,
    body text not null
);

create table alertify.incident (
    id           uuid primary key,
    number       bigint generated always as identity unique,
    group_key    bytea not null, -- BLAKE2b-128 of receiver and group labels
    receiver     text not null,
    group_labels text not null,   -- JSON object
    title        text not null,
    service      text not null,
    severity     text not null,
    status       text not null check (status in ('open', 'acknowledged', 'resolved')),
    cycle        integer not null,          -- grows at every reopen
    seq          bigint not null,           -- last timeline entry; orders acks against attempts
    state_seq    bigint not null,           -- entry of the last status change
    ack_seq      bigint,
    firing       bigint not null,
    total        bigint not null,
    step         integer not null,          -- next step of the plan
    round        integer not null,
    wake_at      timestamptz,               -- when the escalation goes on; null: it does not
    held_by_run  uuid,                      -- the script whose result the next page waits for
    was_reached  boolean not null,          -- this cycle has told somebody
    plan_hash    text not null references alertify.plan,
    config_hash  text not null,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    acked_at     timestamptz,
    acked_by     text,
    resolved_at  timestamptz,
    resolved_by  text
) with (fillfactor = 80);
create unique index incident_live on alertify.incident (group_key) where status <> 'resolved';
create index incident_history on alertify.incident (group_key, number desc);
create index incident_due on alertify.incident (wake_at) where wake_at is not null;
create index incident_newest on alertify.incident (number desc);

-- No foreign key, here and in event: rows are written only by whoever holds the incident's row
-- lock, and a check of each row costs a third of all processing. Who deletes an incident deletes
-- these first.
create table alertify.alert (
    incident_id  uuid not null,
    fingerprint  bigint not null,
    status       text not null check (status in ('firing', 'resolved')),
    starts_at    timestamptz,
    ends_at      timestamptz,
    content_hash bigint not null,
    labels       text not null, -- JSON object; text, because only whole values are read
    annotations  text not null,
    generator    text not null,
    source       text not null,
    updated_at   timestamptz not null,
    primary key (incident_id, fingerprint)
) with (fillfactor = 80);

-- The timeline. `facts` is a JSON object of text values.
create table alertify.event (
    incident_id uuid not null,
    seq         bigint not null,
    at          timestamptz not null,
    cycle       integer not null,
    kind        text not null check (kind in (
        'opened', 'reopened', 'alerts_changed', 'notified', 'step_skipped', 'run_requested',
        'run_skipped', 'repeated', 'escalation_ended', 'nobody_reached', 'catch_all',
        'acknowledged', 'unacknowledged', 'resolved', 'late_action', 'attempt', 'delivered',
        'delivery_retried', 'delivery_failed', 'delivery_superseded', 'run_started',
        'run_finished', 'run_unknown', 'note')),
    actor       text not null,
    facts       text not null,
    primary key (incident_id, seq)
);

-- The outbox. One row per message to one addressee; `contacts` are the ways still to try (JSON).
create table alertify.delivery (
    id            bigint generated always as identity primary key,
    incident_id   uuid not null references alertify.incident on delete cascade,
    cycle         integer not null,
    state_seq     bigint not null,        -- the status change it tells about
    kind          text not null check (kind in ('page', 'acknowledged', 'resolved', 'result', 'note')),
    dedupe_key    text not null,
    label         text not null,          -- whom, for people
    channel       text not null check (channel in ('console', 'slack', 'telegram', 'email', 'webhook')),
    address       text not null,
    username      text not null,
    language      text not null,
    contacts      text not null,
    step          integer not null,
    round         integer not null,
    note          text not null,
    state         text not null check (state in ('ready', 'sending', 'sent', 'failed', 'superseded')),
    due_at        timestamptz not null,
    attempts      integer not null default 0,
    fence         bigint not null default 0,
    owner         uuid,
    send_deadline timestamptz,
    outcome       text check (outcome in ('ok', 'temp', 'perm', 'unknown')),
    reason        text not null default '',
    is_plain      boolean not null default false,
    created_at    timestamptz not null,
    sent_at       timestamptz,
    unique (incident_id, dedupe_key)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index delivery_due on alertify.delivery (due_at, id) where state = 'ready';
create index delivery_sending on alertify.delivery (send_deadline) where state = 'sending';

-- Where an incident's message stands, so that it can be edited, and whom to tell about the end.
create table alertify.conversation (
    incident_id uuid not null references alertify.incident on delete cascade,
    cycle       integer not null,
    channel     text not null,
    address     text not null,
    username    text not null,
    language    text not null,
    label       text not null,
    ref         text not null, -- the channel's own; empty when it cannot edit
    told_seq    bigint not null,
    primary key (incident_id, cycle, channel, address)
);

-- Remediation. 'started' is committed before the script is executed, so it runs at most once.
create table alertify.run (
    id           uuid primary key,
    incident_id  uuid not null references alertify.incident on delete cascade,
    cycle        integer not null,
    dedupe_key   text not null,
    action       text not null,
    actor        text not null,
    parameters   text not null, -- JSON object: values given by a caller
    state        text not null check (state in (
        'requested', 'started', 'exited', 'signaled', 'timed_out', 'not_started', 'unknown')),
    requested_at timestamptz not null,
    started_at   timestamptz,
    ended_at     timestamptz,
    deadline     timestamptz,
    fence        bigint not null default 0,
    owner        uuid,
    code         integer,
    output       text not null default '',
    unique (incident_id, dedupe_key)
);
create index run_of_incident on alertify.run (incident_id, ended_at);
create index run_requested on alertify.run (requested_at) where state = 'requested';
create index run_started on alertify.run (deadline) where state = 'started';

-- Running replicas. Each holds an advisory lock on lock_key for as long as its session lives.
create table alertify.replica (
    id         uuid primary key,
    lock_key   bigint not null unique,
    name       text not null,
    version    text not null,
    started_at timestamptz not null,
    seen_at    timestamptz not null
);

-- Signing keys of action links are derived from the installation's secret and this number.
create table alertify.link_key (
    kid        smallint primary key check (kid between 1 and 255),
    created_at timestamptz not null default alertify.clock(),
    retired_at timestamptz
);
insert into alertify.link_key (kid) values (1);

-- Used action links: a token acts once.
create table alertify.link_use (
    jti         bytea primary key,
    incident_id uuid not null references alertify.incident on delete cascade,
    used_at     timestamptz not null,
    actor       text not null,
    peer        text not null
);

create table alertify.api_token (
    id           bigint generated always as identity primary key,
    name         text not null,
    role         text not null check (role in ('user', 'engineer', 'admin')),
    hash         bytea not null unique, -- BLAKE2b-256; the token itself is shown once
    created_at   timestamptz not null default alertify.clock(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz
);

-- Refused and granted actions from outside: who tried what.
create table alertify.access_log (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default alertify.clock(),
    actor   text not null,
    peer    text not null,
    action  text not null,
    verdict text not null,
    detail  text not null
);

-- An incident as the program reads it. New columns go to the end.
create view alertify.incident_row as
    select id, number, group_key, receiver, group_labels, title, service, severity, status, cycle,
           seq, state_seq, coalesce(ack_seq, 0) as ack_seq, firing, total, step, round, wake_at,
           held_by_run, was_reached, plan_hash, config_hash, created_at, updated_at, acked_at,
           acked_by, resolved_at, resolved_by
    from alertify.incident;
