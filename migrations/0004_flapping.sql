-- Incidents that flap: when the latest cycles began, and since when pages wait for it to settle. An
-- older binary cannot read the new kind of message.
alter table alertify.incident
    add column flapping_at timestamptz,
    add column opens       text not null default ''; -- microseconds since 1970, comma separated

alter table alertify.event drop constraint event_kind_check;
alter table alertify.event add constraint event_kind_check check (kind in (
    'opened', 'reopened', 'alerts_changed', 'notified', 'step_skipped', 'run_requested',
    'run_skipped', 'repeated', 'escalation_ended', 'nobody_reached', 'catch_all',
    'acknowledged', 'unacknowledged', 'resolved', 'late_action', 'attempt', 'delivered',
    'delivery_retried', 'delivery_failed', 'delivery_superseded', 'run_started',
    'run_finished', 'run_unknown', 'muted', 'unmuted', 'branched', 'reminded', 'flapping',
    'settled', 'note')) not valid;

alter table alertify.delivery drop constraint delivery_kind_check;
alter table alertify.delivery add constraint delivery_kind_check check (kind in (
    'page', 'acknowledged', 'resolved', 'result', 'reminder', 'flapping', 'note')) not valid;

create or replace view alertify.incident_row as
    select id, number, group_key, receiver, group_labels, title, service, severity, status, cycle,
           seq, state_seq, coalesce(ack_seq, 0) as ack_seq, firing, total, step, round, wake_at,
           held_by_run, was_reached, plan_hash, config_hash, created_at, updated_at, acked_at,
           acked_by, resolved_at, resolved_by, silent_at, reminded_at, muted_by, flapping_at, opens
    from alertify.incident;
