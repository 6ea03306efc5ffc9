-- name     audit_anchor_add
-- params   $1 number int8, $2 at timestamptz, $3 heads int8, $4 previous bytea, $5 root bytea,
--          $6 public_key bytea, $7 signature bytea
-- returns
insert into audit_anchor (number, at, heads, previous, root, public_key, signature)
values ($1::int8, $2::timestamptz, $3::int8, $4::bytea, $5::bytea, $6::bytea, $7::bytea)
