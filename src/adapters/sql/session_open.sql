-- name     session_open
-- params   $1 statement_timeout ms text, $2 lock_timeout ms text
-- returns  ignored
-- reads
-- Pins what a role or database default could have bent. client_min_messages: the warning of an
-- unreplicated commit must reach us. synchronous_commit=off would make every answer a lie.
-- Every statement goes by a key, and is planned once, often while the tables are still empty: then
-- the planner likes to read whole tables, and keeps doing so when they have grown. So it may not.
select set_config('search_path', 'alertify, pg_temp', false),
       set_config('client_encoding', 'UTF8', false),
       set_config('client_min_messages', 'warning', false),
       set_config('timezone', 'UTC', false),
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('statement_timeout', $1::text, false),
       set_config('lock_timeout', $2::text, false),
       set_config('idle_in_transaction_session_timeout', '10000', false),
       set_config('plan_cache_mode', 'force_generic_plan', false),
       set_config('enable_seqscan', 'off', false),
       set_config('enable_hashjoin', 'off', false),
       set_config('enable_mergejoin', 'off', false),
       set_config('jit', 'off', false),
       case when current_setting('synchronous_commit') = 'off'
            then set_config('synchronous_commit', 'on', false) end,
       -- A statement whose client is gone must not run on; only Linux servers can tell in all
       -- supported versions.
       case when version() like '%linux%'
            then set_config('client_connection_check_interval', '1000', false) end
