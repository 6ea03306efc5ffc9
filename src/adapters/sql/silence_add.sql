-- name     silence_add
-- params   $1 id uuid, $2 matchers text, $3 starts timestamptz (null: now), $4 ends timestamptz,
--          $5 during text, $6 comment text, $7 by text, $8 max int8
-- returns
-- More than are ever read would be kept quiet by nobody.
insert into silence (id, matchers, starts_at, ends_at, during, comment, created_by)
select $1::uuid, $2::text, coalesce($3::timestamptz, clock()), $4::timestamptz, $5::text,
       $6::text, $7::text
where (select count(*) from silence where ends_at > clock()) < $8::int8
