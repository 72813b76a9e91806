-- says where a filter stops making sense
-- GET todos?id=foo.1
-- 400 PGRST100 "failed to parse filter (foo.1)" (line 1, column 1)

-- says where a selection stops making sense
-- GET todos?select=id,,x
-- 400 PGRST100 "failed to parse select parameter (id,,x)" (line 1, column 4)

-- says where an order stops making sense
-- GET todos?order=id.ac
-- 400 PGRST100 "failed to parse order (id.ac)" (line 1, column 4)

-- says what a value is not
-- GET todos?id=eq.x
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."todos" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["x","1000","v","10485760"]

-- refuses NUL
-- GET todos?title=eq.%00
-- 400 22021 invalid byte sequence for encoding "UTF8": 0x00

-- refuses an unknown column
-- GET todos?foo=eq.1
-- 400 42703 column todos.foo does not exist

-- refuses an unknown method
-- TRACE todos
-- 405 PGRST117 Unsupported HTTP method: TRACE
