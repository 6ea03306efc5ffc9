-- Once: the one clock stands still between steps. The ledger is not numbered anew for each schedule,
-- because the adapter remembers where it found the queue's first row.
select setval('alertify.intake_id_seq', 1, false);
create table if not exists alertify.test_clock (at timestamptz not null);
insert into alertify.test_clock values (to_timestamp(1795219200));
create or replace function alertify.clock() returns timestamptz language sql volatile parallel safe
    as 'select at from alertify.test_clock';
