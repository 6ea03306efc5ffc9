-- Incidents that something keeps quiet, for when a silence is ended: which of several things it is, the
-- incident does not say. Only an index; older binaries do without it.
-- serves-from 0013
drop index alertify.incident_silenced;
create index incident_muted on alertify.incident (id) where status = 'open' and muted_by <> '';
