-- Messages that follow what changes: which alerts changed since a place was told last.
-- Older binaries cannot read the new kind of delivery.

-- The entry of the incident's timeline at which the alert began to fire, or stopped, last.
alter table alertify.alert add column changed_seq bigint not null default 0;

alter table alertify.delivery drop constraint delivery_kind_check;
alter table alertify.delivery add constraint delivery_kind_check check (kind in (
    'page', 'acknowledged', 'resolved', 'update', 'result', 'reminder', 'flapping', 'storm', 'note')) not valid;
