-- Steps that page one of their people at a time (`round_robin` of the routing files). Only adds; an older
-- binary pages all of them.
-- serves-from 0010

create table alertify.turn (
    receiver text not null,    -- may vanish from the files; then nobody looks at it
    step     integer not null, -- of its escalation, from 0
    taken    bigint not null,  -- turns handed out so far, over all incidents
    primary key (receiver, step)
) with (fillfactor = 50);
