-- The one clock does not go back (docs/adr/0016). Only adds; older binaries run on it.
-- serves-from 0010

-- When the server's clock is found to have gone back (or another server took over whose clock is
-- behind), alertify's goes on from `held_at`, at four fifths of the speed, until the server's has
-- caught up: what is due comes a little late instead of an hour late, and nothing comes twice.
create table alertify.clock_guard (
    is_only boolean primary key default true check (is_only),
    raw_at  timestamptz not null, -- the server's clock when that was found
    held_at timestamptz not null  -- what alertify's clock said then
);
insert into alertify.clock_guard (raw_at, held_at) values ('2000-01-01Z', '2000-01-01Z');

-- The server's own clock; tests replace it to fast-forward.
create function alertify.server_clock() returns timestamptz
    language sql volatile parallel safe as 'select clock_timestamp()';

-- In plpgsql, because its plan is kept: as SQL it would be planned anew for every statement.
create or replace function alertify.clock() returns timestamptz
    language plpgsql volatile parallel safe as $$
declare
    now_at timestamptz := alertify.server_clock();
    guard  alertify.clock_guard;
begin
    select * into guard from alertify.clock_guard;
    return greatest(now_at, guard.held_at + (now_at - guard.raw_at) * 0.8);
end
$$;
