-- says where a filter stops making sense
-- GET todos?id=foo.1
-- 400 PGRST100 "failed to parse filter (foo.1)" (line 1, column 1)

-- says where a selection stops making sense
-- GET todos?select=id,,x
-- 400 PGRST100 "failed to parse select parameter (id,,x)" (line 1, column 4)

-- says what may follow an order
-- GET todos?order=id.asc.nullslasttt
-- 400 PGRST100 "failed to parse order (id.asc.nullslasttt)" (line 1, column 17)

-- says what a logic tree may begin with
-- GET todos?or=()
-- 400 PGRST100 "failed to parse logic tree (())" (line 1, column 4)

-- says what an index of a JSON path is made of
-- GET todos?select=data->>--34
-- 400 PGRST100 "failed to parse select parameter (data->>--34)" (line 1, column 9)

-- says what a key of a JSON path is made of
-- GET todos?select=data->(a)
-- 400 PGRST100 "failed to parse select parameter (data->(a))" (line 1, column 7)

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

-- refuses to select one column again and again
-- GET todos?select=a0:title,a1:title,a2:title,a3:title,a4:title,a5:title,a6:title,a7:title,a8:title
-- 400 DB9110 The column 'title' is selected too often

-- refuses to select all columns again and again, of an embedded resource too
-- GET users?select=id,todos(*,*,*,*,*,*,*,*,*)
-- 400 DB9110 The column '*' is selected too often

-- refuses to select paths into one column again and again
-- GET todos?select=a0:data->k0,a1:data->k1,a2:data->k2,a3:data->k3,a4:data->k4,a5:data->k5,a6:data->k6,a7:data->k7,a8:data->k8,a9:data->k9,a10:data->k10,a11:data->k11,a12:data->k12,a13:data->k13,a14:data->k14,a15:data->k15,a16:data->k16,a17:data->k17,a18:data->k18,a19:data->k19,a20:data->k20,a21:data->k21,a22:data->k22,a23:data->k23,a24:data->k24,a25:data->k25,a26:data->k26,a27:data->k27,a28:data->k28,a29:data->k29,a30:data->k30,a31:data->k31,a32:data->k32,a33:data->k33,a34:data->k34,a35:data->k35,a36:data->k36,a37:data->k37,a38:data->k38,a39:data->k39,a40:data->k40,a41:data->k41,a42:data->k42,a43:data->k43,a44:data->k44,a45:data->k45,a46:data->k46,a47:data->k47,a48:data->k48,a49:data->k49,a50:data->k50,a51:data->k51,a52:data->k52,a53:data->k53,a54:data->k54,a55:data->k55,a56:data->k56,a57:data->k57,a58:data->k58,a59:data->k59,a60:data->k60,a61:data->k61,a62:data->k62,a63:data->k63,a64:data->k64
-- 400 DB9110 The column 'data' is selected too often

-- takes paths into one column, aggregates of it and itself
-- GET todos?select=a:priority.sum(),b:priority.avg(),c:priority.max(),d:priority.min(),e:priority.count(),f:priority::float8.sum(),g:priority::float8.avg(),h:priority::text.max(),i:priority::text.min()
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) FILTER (WHERE pg_catalog.octet_length(t."db9 value"::text) > $2) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT CASE WHEN coalesce(pg_catalog.octet_length(t."h"::text), 0)::int8 + coalesce(pg_catalog.octet_length(t."i"::text), 0) > 10485760 AND db9.raise('DB005', 10485760::text, NULL, NULL) THEN NULL ELSE pg_catalog.row_to_json(t.*)::text END AS "db9 value" FROM (SELECT pg_catalog.sum("r0"."priority") AS "a", pg_catalog.avg("r0"."priority") AS "b", pg_catalog.max("r0"."priority") AS "c", pg_catalog.min("r0"."priority") AS "d", pg_catalog.count("r0"."priority") AS "e", pg_catalog.sum(CAST("r0"."priority" AS "pg_catalog"."float8")) AS "f", pg_catalog.avg(CAST("r0"."priority" AS "pg_catalog"."float8")) AS "g", pg_catalog.max(CAST("r0"."priority" AS "pg_catalog"."text")) AS "h", pg_catalog.min(CAST("r0"."priority" AS "pg_catalog"."text")) AS "i" FROM "public"."todos" AS "r0" LIMIT $1) AS t OFFSET 0) AS t) AS r;
-- ["1000","5242","v","10485760"]
