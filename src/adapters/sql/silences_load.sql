-- name     silences_load
-- params   $1 after timestamptz, $2 before timestamptz, $3 max int8
-- returns  id uuid, matchers text, starts_at timestamptz, ends_at timestamptz, during text,
--          comment text, created_by text, ended_by text
-- reads
select id, matchers, starts_at, ends_at, during, comment, created_by, coalesce(ended_by, '')
       as ended_by
from silence
where ends_at > $1::timestamptz and starts_at < $2::timestamptz
order by ends_at, id
limit $3::int8
