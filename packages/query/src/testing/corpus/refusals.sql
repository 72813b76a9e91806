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

-- suggests the column that may be meant, as Postgres does
-- GET todos?select=titel
-- 400 42703 column todos.titel does not exist

-- calls an embedded table as PostgREST’s SQL does
-- GET users?select=id,todos(nothing)
-- 400 42703 column todos_1.nothing does not exist

-- calls the rows of a function as PostgREST’s SQL does
-- GET rpc/todos_of?owner=1&select=nothing
-- 400 42703 column pgrst_call.nothing does not exist

-- refuses a conflict target that is no column
-- POST labels?on_conflict=nothing | prefer: resolution=merge-duplicates | "{\"id\":1}"
-- 400 42703 column "nothing" does not exist

-- refuses a negative offset as Postgres does
-- GET todos?offset=-1
-- 400 2201X OFFSET must not be negative

-- refuses two ranges that share no row
-- GET todos?limit=1 | range: 3-4
-- 416 PGRST103 Requested range not satisfiable

-- refuses a range that ends before it begins
-- GET todos | range: 4-2
-- 416 PGRST103 Requested range not satisfiable

-- suggests a table from which relationships lead, where none leads from the one named
-- GET measures?select=id,todos(id)
-- 400 PGRST200 Could not find a relationship between 'measures' and 'todos' in the schema cache

-- suggests the arguments of a function that takes others
-- GET rpc/add?a=1&c=2
-- 404 PGRST202 Could not find the function public.add(a, c) in the schema cache

-- suggests a function of a similar name
-- GET rpc/numberz?n=1
-- 404 PGRST202 Could not find the function public.numberz(n) in the schema cache

-- refuses any other method on functions
-- TRACE rpc/add
-- 405 PGRST101 Cannot use the TRACE method on RPC

-- says where a tree stops making sense, its operator counted
-- GET todos?or=(id.eq.1,id.foo.2)
-- 400 PGRST100 "failed to parse logic tree ((id.eq.1,id.foo.2))" (line 1, column 15)

-- names the time zone that does not exist, since the caller sent it
-- GET todos?select=created_at | prefer: timezone=Jupiter/Red_Spot
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."created_at" AS "created_at" FROM "public"."todos" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]
