-- calls a function with named arguments
-- POST rpc/add | "{\"a\":1,\"b\":5}"
WITH f AS MATERIALIZED (SELECT c."add" AS "add" FROM pg_catalog.json_to_record($1::json) AS a ("a" "pg_catalog"."int4", "b" "pg_catalog"."int4"), LATERAL "public"."add"("a" := a."a", "b" := a."b") AS c("add")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."add")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."add" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"a\":1,\"b\":5}","1000","v","10485760"]

-- leaves out arguments with defaults
-- GET rpc/add?a=1
WITH f AS MATERIALIZED (SELECT c."add" AS "add" FROM "public"."add"("a" := $1::"pg_catalog"."int4") AS c("add")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."add")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."add" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- names the arguments that fit no function
-- POST rpc/add | "{\"c\":1}"
-- 404 PGRST202 Could not find the function public.add(c) in the schema cache

-- chooses among overloads by the names of arguments
-- GET rpc/overloaded?a=1&b=2
WITH f AS MATERIALIZED (SELECT c."overloaded" AS "overloaded" FROM "public"."overloaded"("a" := $1::"pg_catalog"."int4", "b" := $2::"pg_catalog"."int4") AS c("overloaded")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."overloaded")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."overloaded" FROM f AS "r0" LIMIT $3) AS t) AS r;
-- ["1","2","1000","v","10485760"]

-- refuses to choose where names do not decide
-- GET rpc/ambiguous?a=1
-- 300 PGRST203 Could not choose the best candidate function between: public.ambiguous(a => integer), public.ambiguous(a => text)

-- filters, orders, pages, counts and embeds what a function returns
-- GET rpc/todos_of?owner=1&select=title,users(name)&order=id.desc&limit=1 | prefer: count=exact
WITH f AS (SELECT c."title" AS "title", c."user_id" AS "user_id", c."id" AS "id" FROM "public"."todos_of"("owner" := $1::"pg_catalog"."int4") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM f AS "r0") AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."title"::text), 0)::int8 + coalesce(pg_catalog.octet_length(t."users"::text), 0), 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."title"::text), 0)::int8 + coalesce(pg_catalog.octet_length(t."users"::text), 0) > $3) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0"."title" AS "title", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS e) AS "users" FROM f AS "r0" ORDER BY "r0"."id" DESC LIMIT $2) AS t) AS r;
-- ["1","1","5242880","v","10485760"]

-- computes fields of what a function returns
-- GET rpc/todos_of?owner=1&select=full_title&done=is.false&full_title=like.w*
WITH f AS (SELECT c.*::"public"."todos" AS "db9 row", c."done" AS "done" FROM "public"."todos_of"("owner" := $1::"pg_catalog"."int4") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."full_title"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."full_title"::text), 0)::int8 > $4) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "public"."full_title"("r0"."db9 row") AS "full_title" FROM f AS "r0" WHERE "r0"."done" IS FALSE AND "public"."full_title"("r0"."db9 row") LIKE $2 LIMIT $3) AS t) AS r;
-- ["1","w%","1000","5242","v","10485760"]

-- returns a single composite as an object
-- GET rpc/first_todo?select=id,users(name)
WITH f AS MATERIALIZED (SELECT c."id" AS "id", c."user_id" AS "user_id" FROM "public"."first_todo"() AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS e) AS "users" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- returns a set of scalars as an array
-- GET rpc/numbers?n=3&limit=2
WITH f AS MATERIALIZED (SELECT c."numbers" AS "numbers" FROM "public"."numbers"("n" := $1::"pg_catalog"."int4") AS c("numbers")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t."numbers")::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."numbers" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["3","2","v","10485760"]

-- returns table columns by name
-- GET rpc/pairs?select=y&x=eq.2
WITH f AS (SELECT c."y" AS "y", c."x" AS "x" FROM "public"."pairs"() AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."y"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."y"::text), 0)::int8 > $3) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0"."y" AS "y" FROM f AS "r0" WHERE "r0"."x" = $1 LIMIT $2) AS t) AS r;
-- ["2","1000","5242","v","10485760"]

-- returns OUT parameters as an object
-- GET rpc/both
WITH f AS MATERIALIZED (SELECT c."a" AS "a", c."b" AS "b" FROM "public"."both"() AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."a", "r0"."b" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- returns composite types that are no tables
-- GET rpc/composites?select=b
WITH f AS (SELECT c."b" AS "b" FROM "public"."composites"() AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."b"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."b"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0"."b" AS "b" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- returns records without declared columns
-- GET rpc/record
WITH f AS MATERIALIZED (SELECT "public"."record"() AS "record") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."record")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."record" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- returns a single value as plain text where asked to
-- GET rpc/overloaded?a=1 | accept: text/plain
WITH f AS MATERIALIZED (SELECT c."overloaded" AS "overloaded" FROM "public"."overloaded"("a" := $1::"pg_catalog"."int4") AS c("overloaded")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(t."overloaded"::text), '') AS body, NULL AS location FROM (SELECT "r0"."overloaded" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- returns no rows as plain text
-- GET rpc/todos_of?owner=1 | accept: text/plain
-- 406 PGRST107 None of these media types are available: text/plain

-- returns nothing from void with 204
-- POST rpc/touch
WITH f AS MATERIALIZED (SELECT "public"."touch"() AS "touch") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $1 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $2 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM f) AS r;
-- ["v","10485760"]

-- hands the whole body to a single unnamed parameter
-- POST rpc/echo | "[1,{\"a\":2}]"
WITH f AS MATERIALIZED (SELECT c."echo" AS "echo" FROM "public"."echo"($1::"pg_catalog"."json") AS c("echo")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."echo")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."echo" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["[1,{\"a\":2}]","1000","v","10485760"]

-- takes variadic arguments from repeated names
-- GET rpc/total?numbers=1&numbers=2
WITH f AS MATERIALIZED (SELECT c."total" AS "total" FROM "public"."total"(VARIADIC "numbers" := $1::"pg_catalog"."_int4") AS c("total")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."total")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."total" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"1\",\"2\"}","1000","v","10485760"]

-- takes variadic arguments from an array
-- POST rpc/total | "{\"numbers\":[1,2,3]}"
WITH f AS MATERIALIZED (SELECT c."total" AS "total" FROM pg_catalog.json_to_record($1::json) AS a ("numbers" "pg_catalog"."_int4"), LATERAL "public"."total"(VARIADIC "numbers" := a."numbers") AS c("total")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."total")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."total" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"numbers\":[1,2,3]}","1000","v","10485760"]

-- writes with POST
-- POST rpc/add_user?select=name | "{\"id\":50,\"name\":\"Fifty\"}"
WITH f AS MATERIALIZED (SELECT c."name" AS "name" FROM pg_catalog.json_to_record($1::json) AS a ("id" "pg_catalog"."int4", "name" "pg_catalog"."text"), LATERAL "public"."add_user"("id" := a."id", "name" := a."name") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"id\":50,\"name\":\"Fifty\"}","1000","v","10485760"]

-- does not write with GET
-- GET rpc/add_user?id=51&name=x
WITH f AS MATERIALIZED (SELECT c."id" AS "id", c."name" AS "name", c."tags" AS "tags", c."meta" AS "meta" FROM "public"."add_user"("id" := $1::"pg_catalog"."int4", "name" := $2::"pg_catalog"."text") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."name", "r0"."tags", "r0"."meta" FROM f AS "r0" LIMIT $3) AS t) AS r;
-- ["51","x","1000","v","10485760"]

-- refuses other methods on functions
-- PATCH rpc/add
-- 405 PGRST101 Cannot use the PATCH method on RPC

-- lets functions set status and listed headers, not others
-- POST rpc/set_reply
WITH f AS MATERIALIZED (SELECT c."set_reply" AS "set_reply" FROM "public"."set_reply"() AS c("set_reply")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."set_reply")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."set_reply" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- lets functions raise a status
-- POST rpc/teapot
WITH f AS MATERIALIZED (SELECT c."teapot" AS "teapot" FROM "public"."teapot"() AS c("teapot")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."teapot")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."teapot" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- undoes what a function did where its headers are none
-- POST rpc/bad_reply | "{\"setting\":\"response.headers\",\"value\":\"[{\\\"a\\\": 1}]\"}"
WITH f AS MATERIALIZED (SELECT c."bad_reply" AS "bad_reply" FROM pg_catalog.json_to_record($1::json) AS a ("setting" "pg_catalog"."text", "value" "pg_catalog"."text"), LATERAL "public"."bad_reply"("setting" := a."setting", "value" := a."value") AS c("bad_reply")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."bad_reply")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."bad_reply" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"setting\":\"response.headers\",\"value\":\"[{\\\"a\\\": 1}]\"}","1000","v","10485760"]
