-- serves-from 0001
-- An incident between its pages: muted by a time interval or another alert, acknowledged and
-- reminded of, silent for too long. Only adds; an older binary ignores all of it.
alter table alertify.incident
    add column silent_at   timestamptz, -- without news until then it counts as resolved
    add column reminded_at timestamptz, -- of a reminder that nobody answered yet
    add column muted_by    text not null default ''; -- why pages wait
create index incident_silent on alertify.incident (silent_at) where silent_at is not null;

alter table alertify.event drop constraint event_kind_check;
alter table alertify.event add constraint event_kind_check check (kind in (
    'opened', 'reopened', 'alerts_changed', 'notified', 'step_skipped', 'run_requested',
    'run_skipped', 'repeated', 'escalation_ended', 'nobody_reached', 'catch_all',
    'acknowledged', 'unacknowledged', 'resolved', 'late_action', 'attempt', 'delivered',
    'delivery_retried', 'delivery_failed', 'delivery_superseded', 'run_started',
    'run_finished', 'run_unknown', 'muted', 'unmuted', 'branched', 'reminded', 'note')) not valid;

alter table alertify.delivery drop constraint delivery_kind_check;
alter table alertify.delivery add constraint delivery_kind_check check (kind in (
    'page', 'acknowledged', 'resolved', 'result', 'reminder', 'note')) not valid;

create or replace view alertify.incident_row as
    select id, number, group_key, receiver, group_labels, title, service, severity, status, cycle,
           seq, state_seq, coalesce(ack_seq, 0) as ack_seq, firing, total, step, round, wake_at,
           held_by_run, was_reached, plan_hash, config_hash, created_at, updated_at, acked_at,
           acked_by, resolved_at, resolved_by, silent_at, reminded_at, muted_by
    from alertify.incident;
