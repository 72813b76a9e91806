-- refuses a table without row level security
-- GET naked
-- 403 DB9201 Row level security is not enabled on 'naked'

-- reads a table without row level security where the key allows it
-- GET naked
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."secret"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."secret"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."naked" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- refuses a table whose policies do not bind its owner
-- GET owned
-- 403 DB9202 'owned' is owned by a role of the data plane, which its policies do not bind

-- refuses a view with the rights of its owner
-- GET todos_plain
-- 403 DB9203 The view 'todos_plain' reads with the rights of its owner

-- reads a view with the rights of the caller
-- GET todos_chain?id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."title"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."title"::text), 0)::int8 > $3) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."todos_chain" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","5242","v","10485760"]

-- refuses a view of an unsafe table
-- GET naked_view
-- 403 DB9204 The view 'naked_view' reads a relation without row level security

-- refuses a view of a view of an unsafe table
-- GET naked_chain
-- 403 DB9204 The view 'naked_chain' reads a relation without row level security

-- refuses a view of system tables
-- GET system_view
-- 403 DB9204 The view 'system_view' reads a relation without row level security

-- refuses a materialized view
-- GET todos_mat
-- 403 DB9205 'todos_mat' is a materialized view, which has no row level security

-- refuses a view that calls a function with the rights of its owner
-- GET leaky
-- 403 DB9207 The view 'leaky' calls a function with the rights of its owner

-- refuses a view of such a view
-- GET leaky_chain
-- 403 DB9207 The view 'leaky_chain' calls a function with the rights of its owner

-- reads a view whose functions the key names
-- GET leaky_chain?select=secret
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."secret"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."secret"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0"."secret" AS "secret" FROM "public"."leaky_chain" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]
