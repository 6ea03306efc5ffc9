-- name     alerts_forget
-- params   $1 incident uuid[], $2 now timestamptz
-- returns
-- Nobody knows whether they fire still, or when they ended: any news of them is new. `<> 'resolved'` as in
-- alerts_firing.
update alert
set status = 'resolved', ends_at = null, content_hash = 0, updated_at = $2::timestamptz
where incident_id = any($1::uuid[]) and status <> 'resolved'
