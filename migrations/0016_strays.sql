-- Where an alert fires, asked for every batch of alerts (adr/0010). Only an index; older binaries do
-- without it.
-- serves-from 0013
create index alert_firing on alertify.alert (fingerprint) where status = 'firing';
