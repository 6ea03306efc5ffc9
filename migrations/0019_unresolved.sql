-- Lists of what is open or acknowledged, which is little of all there is. Only an index; older binaries do
-- without it.
-- serves-from 0013
create index incident_unresolved on alertify.incident (number desc) where status <> 'resolved';
