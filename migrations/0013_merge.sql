-- Incidents that are one trouble: all but one are merged into that one. An older binary would page them and
-- cannot read the new entries.
alter table alertify.incident
    add column merged_into bigint; -- number of the incident that is handled instead
create index incident_merged on alertify.incident (merged_into) where merged_into is not null;

alter table alertify.event drop constraint event_kind_check;
alter table alertify.event add constraint event_kind_check check (kind in (
    'opened', 'reopened', 'alerts_changed', 'notified', 'step_skipped', 'run_requested',
    'run_skipped', 'repeated', 'escalation_ended', 'nobody_reached', 'catch_all',
    'acknowledged', 'unacknowledged', 'resolved', 'late_action', 'attempt', 'delivered',
    'delivery_retried', 'delivery_failed', 'delivery_superseded', 'delivery_held',
    'delivery_covered', 'run_started', 'run_finished', 'run_unknown', 'muted', 'unmuted',
    'branched', 'reminded', 'flapping', 'settled', 'note', 'snoozed', 'escalated', 'reassigned',
    'responder_added', 'changed', 'merged', 'unmerged')) not valid;

create or replace view alertify.incident_row as
    select id, number, group_key, receiver, group_labels, title, service, severity, status, cycle,
           seq, state_seq, coalesce(ack_seq, 0) as ack_seq, firing, total, step, round, wake_at,
           held_by_run, was_reached, plan_hash, config_hash, created_at, updated_at, acked_at,
           acked_by, resolved_at, resolved_by, silent_at, reminded_at, muted_by, flapping_at, opens,
           chain, snoozed_until, restart_seq, coalesce(merged_into, 0) as merged_into
    from alertify.incident;
