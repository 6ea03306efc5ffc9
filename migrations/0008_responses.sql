-- What people do besides acknowledging and resolving: put off, escalate, reassign, ask for help, rename.
-- An older binary would forget what is put off and cannot read the new entries.
alter table alertify.incident
    add column snoozed_until timestamptz,
    add column restart_seq   bigint not null default 0; -- entry by which a person moved the escalation

alter table alertify.event drop constraint event_kind_check;
alter table alertify.event add constraint event_kind_check check (kind in (
    'opened', 'reopened', 'alerts_changed', 'notified', 'step_skipped', 'run_requested',
    'run_skipped', 'repeated', 'escalation_ended', 'nobody_reached', 'catch_all',
    'acknowledged', 'unacknowledged', 'resolved', 'late_action', 'attempt', 'delivered',
    'delivery_retried', 'delivery_failed', 'delivery_superseded', 'delivery_held',
    'delivery_covered', 'run_started', 'run_finished', 'run_unknown', 'muted', 'unmuted',
    'branched', 'reminded', 'flapping', 'settled', 'note', 'snoozed', 'escalated', 'reassigned',
    'responder_added', 'changed')) not valid;

create or replace view alertify.incident_row as
    select id, number, group_key, receiver, group_labels, title, service, severity, status, cycle,
           seq, state_seq, coalesce(ack_seq, 0) as ack_seq, firing, total, step, round, wake_at,
           held_by_run, was_reached, plan_hash, config_hash, created_at, updated_at, acked_at,
           acked_by, resolved_at, resolved_by, silent_at, reminded_at, muted_by, flapping_at, opens,
           chain, snoozed_until, restart_seq
    from alertify.incident;
