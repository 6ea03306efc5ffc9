-- When a message should have gone out, so that one that comes late can say so. Only adds; an older binary leaves
-- it empty, and the message says nothing.
-- serves-from 0013
alter table alertify.delivery add column wanted_at timestamptz;
