-- Storms: what is known of the places that messages go to, and pages that a summary covers. An older
-- binary does not know the new states: it must not run beside this one.

-- A destination as contacts have it; or all of an account, under the address in front of the names
-- of its channels ('' for the usual one).
create table alertify.destination (
    channel      text not null check (channel in ('console', 'slack', 'telegram', 'email', 'webhook')),
    address      text not null,
    tokens       double precision not null default 0,
    tokens_at    timestamptz,           -- null: the bucket is full
    storm_until  timestamptz,
    storm_id     bigint,                -- the delivery that is the newest summary
    paused_until timestamptz,           -- the peer asked us to wait; null: it has taken something since
    primary key (channel, address)
) with (fillfactor = 70);

alter table alertify.delivery
    add column priority   smallint not null default 1, -- 0: urgent pages, 1: pages, 2: the rest
    add column covered_by bigint,                      -- the summary that names this page
    add column ref        text not null default '';    -- of a summary: how to edit it

alter table alertify.delivery drop constraint delivery_kind_check;
alter table alertify.delivery add constraint delivery_kind_check check (kind in (
    'page', 'acknowledged', 'resolved', 'result', 'reminder', 'flapping', 'storm', 'note')) not valid;
alter table alertify.delivery drop constraint delivery_state_check;
alter table alertify.delivery add constraint delivery_state_check check (state in (
    'ready', 'sending', 'sent', 'failed', 'superseded', 'covered')) not valid;

-- One channel does not wait for another.
drop index alertify.delivery_due;
create index delivery_due on alertify.delivery (channel, priority, due_at, id) where state = 'ready';
create index delivery_covered on alertify.delivery (covered_by) where covered_by is not null;

alter table alertify.event drop constraint event_kind_check;
alter table alertify.event add constraint event_kind_check check (kind in (
    'opened', 'reopened', 'alerts_changed', 'notified', 'step_skipped', 'run_requested',
    'run_skipped', 'repeated', 'escalation_ended', 'nobody_reached', 'catch_all',
    'acknowledged', 'unacknowledged', 'resolved', 'late_action', 'attempt', 'delivered',
    'delivery_retried', 'delivery_failed', 'delivery_superseded', 'delivery_held',
    'delivery_covered', 'run_started', 'run_finished', 'run_unknown', 'muted', 'unmuted',
    'branched', 'reminded', 'flapping', 'settled', 'note')) not valid;
