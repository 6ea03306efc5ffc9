-- Summaries that were given up: the pages that they named go out by themselves. Only an index; older
-- binaries do without it.
-- serves-from 0013
create index delivery_failed_summary on alertify.delivery (id) where kind = 'storm' and state = 'failed';
