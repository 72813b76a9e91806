-- calls a variadic function without arguments where it has a default
-- GET rpc/sum_all
WITH f AS MATERIALIZED (SELECT c."sum_all" AS "sum_all" FROM "odd"."sum_all"() AS c("sum_all")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."sum_all")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."sum_all" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- calls a variadic function with repeated names
-- GET rpc/sum_all?numbers=1&numbers=2&numbers=3
WITH f AS MATERIALIZED (SELECT c."sum_all" AS "sum_all" FROM "odd"."sum_all"(VARIADIC "numbers" := $1::"pg_catalog"."_int4") AS c("sum_all")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."sum_all")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."sum_all" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"1\",\"2\",\"3\"}","1000","v","10485760"]

-- calls a variadic function from a form
-- POST rpc/sum_all | content-type: application/x-www-form-urlencoded | "numbers=1&numbers=2"
WITH f AS MATERIALIZED (SELECT c."sum_all" AS "sum_all" FROM "odd"."sum_all"(VARIADIC "numbers" := $1::"pg_catalog"."_int4") AS c("sum_all")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."sum_all")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."sum_all" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"1\",\"2\"}","1000","v","10485760"]

-- hands a text body to a single unnamed parameter
-- POST rpc/echo_text | content-type: text/plain | "line one\nline \"two\""
WITH f AS MATERIALIZED (SELECT c."echo_text" AS "echo_text" FROM "odd"."echo_text"($1::"pg_catalog"."text") AS c("echo_text")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."echo_text")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."echo_text" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["line one\nline \"two\"","1000","v","10485760"]

-- hands bytes to a single unnamed parameter and sends bytes
-- POST rpc/echo_bytes | content-type: application/octet-stream | accept: application/octet-stream | "\\x00ff0a"
WITH f AS MATERIALIZED (SELECT c."echo_bytes" AS "echo_bytes" FROM "odd"."echo_bytes"($1::"pg_catalog"."bytea") AS c("echo_bytes")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(pg_catalog.encode(t."echo_bytes", 'hex')), '') AS body, NULL AS location FROM (SELECT "r0"."echo_bytes" FROM f AS "r0" LIMIT $2) AS t WHERE coalesce(2 * pg_catalog.octet_length(t."echo_bytes"), 0)::int8 <= 10485760 OR db9.raise('DB005', 10485760::text, NULL, NULL)) AS r;
-- ["\\x00ff0a","1000","v","10485760"]

-- sends bytes as JSON where they are not asked for
-- POST rpc/echo_bytes | content-type: application/octet-stream | "\\x00ff0a"
WITH f AS MATERIALIZED (SELECT c."echo_bytes" AS "echo_bytes" FROM "odd"."echo_bytes"($1::"pg_catalog"."bytea") AS c("echo_bytes")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."echo_bytes")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."echo_bytes" FROM f AS "r0" LIMIT $2) AS t WHERE coalesce(2 * pg_catalog.octet_length(t."echo_bytes"), 0)::int8 <= 10485760 OR db9.raise('DB005', 10485760::text, NULL, NULL)) AS r;
-- ["\\x00ff0a","1000","v","10485760"]

-- sends no bytes of null
-- GET rpc/no_bytes | accept: application/octet-stream
WITH f AS MATERIALIZED (SELECT c."no_bytes" AS "no_bytes" FROM "odd"."no_bytes"() AS c("no_bytes")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(pg_catalog.encode(t."no_bytes", 'hex')), '') AS body, NULL AS location FROM (SELECT "r0"."no_bytes" FROM f AS "r0" LIMIT $1) AS t WHERE coalesce(2 * pg_catalog.octet_length(t."no_bytes"), 0)::int8 <= 10485760 OR db9.raise('DB005', 10485760::text, NULL, NULL)) AS r;
-- ["1000","v","10485760"]

-- sends nothing but a bytea as bytes
-- GET rpc/one_out | accept: application/octet-stream
-- 406 PGRST107 None of these media types are available: application/octet-stream

-- has no function for bytes where it takes none
-- POST rpc/echo_text | content-type: application/octet-stream | "\\x00"
-- 404 PGRST202 Could not find the function odd.echo_text in the schema cache

-- writes no rows from bytes
-- POST keyless | content-type: application/octet-stream | "\\x00"
-- 400 PGRST102 Content-Type not acceptable: application/octet-stream

-- has no function for a body of another type
-- POST rpc/echo_json | content-type: text/plain | "x"
-- 404 PGRST202 Could not find the function odd.echo_json in the schema cache

-- hands no CSV to a single unnamed parameter of JSON
-- POST rpc/echo_json | content-type: text/csv | "a,b\n1,2"
-- 404 PGRST202 Could not find the function odd.echo_json(a, b) in the schema cache

-- hands a JSON object to a single unnamed parameter
-- POST rpc/echo_json | "{\"a\":{\"b\":1}}"
WITH f AS MATERIALIZED (SELECT c."echo_json" AS "echo_json" FROM "odd"."echo_json"($1::"pg_catalog"."jsonb") AS c("echo_json")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."echo_json")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."echo_json" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"a\":{\"b\":1}}","1000","v","10485760"]

-- takes its arguments from the first of a list
-- POST rpc/default_only | "[{\"a\":5,\"b\":\"x\"},{\"a\":6,\"b\":\"y\"}]"
WITH f AS MATERIALIZED (SELECT c."default_only" AS "default_only" FROM (SELECT * FROM pg_catalog.json_to_recordset($1::json) AS a ("a" "pg_catalog"."int4", "b" "pg_catalog"."text") LIMIT 1) AS a, LATERAL "odd"."default_only"("a" := a."a", "b" := a."b") AS c("default_only")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."default_only")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."default_only" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["[{\"a\":5,\"b\":\"x\"},{\"a\":6,\"b\":\"y\"}]","1000","v","10485760"]

-- takes no arguments from a list that is not of objects
-- POST rpc/row_in | "[1]"
-- 404 PGRST202 Could not find the function odd.row_in without parameters in the schema cache

-- takes an array as JSON
-- POST rpc/array_of | "{\"items\":[1,2]}"
WITH f AS MATERIALIZED (SELECT c."array_of" AS "array_of" FROM pg_catalog.json_to_record($1::json) AS a ("items" "pg_catalog"."_int4"), LATERAL "odd"."array_of"("items" := a."items") AS c("array_of")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."array_of")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."array_of" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"items\":[1,2]}","1000","v","10485760"]

-- takes an array as a literal
-- GET rpc/array_of?items={1,2}
WITH f AS MATERIALIZED (SELECT c."array_of" AS "array_of" FROM "odd"."array_of"("items" := $1::"pg_catalog"."_int4") AS c("array_of")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."array_of")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."array_of" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{1,2}","1000","v","10485760"]

-- takes a composite as JSON
-- POST rpc/row_in | "{\"p\":{\"street\":\"s\",\"city\":\"c\"}}"
WITH f AS MATERIALIZED (SELECT c."row_in" AS "row_in" FROM pg_catalog.json_to_record($1::json) AS a ("p" "odd"."address"), LATERAL "odd"."row_in"("p" := a."p") AS c("row_in")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."row_in")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."row_in" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"p\":{\"street\":\"s\",\"city\":\"c\"}}","1000","v","10485760"]

-- takes a composite as a literal
-- GET rpc/row_in?p=(s,c)
WITH f AS MATERIALIZED (SELECT c."row_in" AS "row_in" FROM "odd"."row_in"("p" := $1::"odd"."address") AS c("row_in")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."row_in")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."row_in" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["(s,c)","1000","v","10485760"]

-- returns null
-- GET rpc/nothing
WITH f AS MATERIALIZED (SELECT c."nothing" AS "nothing" FROM "odd"."nothing"() AS c("nothing")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."nothing")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."nothing" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- returns several OUT and INOUT parameters
-- GET rpc/in_out?a=1&b=x
WITH f AS MATERIALIZED (SELECT c."a" AS "a", c."b" AS "b", c."c" AS "c" FROM "odd"."in_out"("a" := $1::"pg_catalog"."int4", "b" := $2::"pg_catalog"."text") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."a", "r0"."b", "r0"."c" FROM f AS "r0" LIMIT $3) AS t) AS r;
-- ["1","x","1000","v","10485760"]

-- returns a single OUT parameter by its name
-- GET rpc/one_out
WITH f AS MATERIALIZED (SELECT c."value" AS "value" FROM "odd"."one_out"() AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."value" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- returns a table, filtered, ordered and selected
-- GET rpc/table_of?n=3&x=gt.1&order=x.desc&select=label,y:x::text
WITH f AS (SELECT c."label" AS "label", c."x" AS "x" FROM "odd"."table_of"("n" := $1::"pg_catalog"."int4") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8 + coalesce(pg_catalog.octet_length(t."y"::text), 0), 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8 + coalesce(pg_catalog.octet_length(t."y"::text), 0) > $4) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0"."label" AS "label", CAST("r0"."x" AS "pg_catalog"."text") AS "y" FROM f AS "r0" WHERE "r0"."x" > $2 ORDER BY "r0"."x" DESC LIMIT $3) AS t) AS r;
-- ["3","1","1000","5242","v","10485760"]

-- counts what a function returns
-- HEAD rpc/table_of?n=3&limit=2 | prefer: count=exact
WITH f AS (SELECT c."x" AS "x", c."label" AS "label" FROM "odd"."table_of"("n" := $1::"pg_catalog"."int4") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM f AS "r0") AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM (SELECT "r0"."x", "r0"."label" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["3","2","v","10485760"]

-- pages what a function returns by the Range header
-- GET rpc/table_of?n=3&select=x | range: 1-1
WITH f AS (SELECT c."x" AS "x" FROM "odd"."table_of"("n" := $1::"pg_catalog"."int4") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."x" AS "x" FROM f AS "r0" LIMIT $2 OFFSET $3) AS t) AS r;
-- ["3","1","1","v","10485760"]

-- limits what a function returns as the database does
-- GET rpc/table_of?n=5&select=x
WITH f AS (SELECT c."x" AS "x" FROM "odd"."table_of"("n" := $1::"pg_catalog"."int4") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."x" AS "x" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["5","2","v","10485760"]

-- returns one row of a function as an object
-- GET rpc/table_of?n=1 | accept: application/vnd.pgrst.object+json
WITH f AS (SELECT c."x" AS "x", c."label" AS "label" FROM "odd"."table_of"("n" := $1::"pg_catalog"."int4") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) WHEN r.page <> 1 THEN db9.raise('DB002', r.page::text, NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8 > $3) > 10485760 THEN NULL ELSE coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') END AS body, NULL AS location FROM (SELECT "r0"."x", "r0"."label" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["1","1000","5242","v","10485760"]

-- refuses several rows of a function as an object
-- GET rpc/table_of?n=2 | accept: application/vnd.pgrst.object+json
WITH f AS (SELECT c."x" AS "x", c."label" AS "label" FROM "odd"."table_of"("n" := $1::"pg_catalog"."int4") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) WHEN r.page <> 1 THEN db9.raise('DB002', r.page::text, NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8 > $3) > 10485760 THEN NULL ELSE coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') END AS body, NULL AS location FROM (SELECT "r0"."x", "r0"."label" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["2","1000","5242","v","10485760"]

-- returns rows of a function as CSV
-- GET rpc/table_of?n=2 | accept: text/csv
WITH f AS (SELECT c."x" AS "x", c."label" AS "label" FROM "odd"."table_of"("n" := $1::"pg_catalog"."int4") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8 > $4) > 10485760 THEN NULL ELSE $3 || coalesce(pg_catalog.string_agg(pg_catalog.substring(t.*::text, 2, pg_catalog.length(t.*::text) - 2), E'\n'), '') END AS body, NULL AS location FROM (SELECT "r0"."x", "r0"."label" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["2","1000","x,label\n","5242","v","10485760"]

-- returns a set of values with nulls
-- GET rpc/texts
WITH f AS MATERIALIZED (SELECT c."texts" AS "texts" FROM "odd"."texts"() AS c("texts")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."texts"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."texts"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t."texts")::text, '[]') END AS body, NULL AS location FROM (SELECT "r0"."texts" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- calls with no arguments at all what has only defaults
-- POST rpc/default_only | ""
WITH f AS MATERIALIZED (SELECT c."default_only" AS "default_only" FROM "odd"."default_only"() AS c("default_only")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."default_only")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."default_only" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- calls with an empty object
-- POST rpc/default_only | "{}"
WITH f AS MATERIALIZED (SELECT c."default_only" AS "default_only" FROM "odd"."default_only"() AS c("default_only")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."default_only")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."default_only" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- calls with null, which is no default
-- POST rpc/default_only | "{\"a\":2,\"b\":null}"
WITH f AS MATERIALIZED (SELECT c."default_only" AS "default_only" FROM pg_catalog.json_to_record($1::json) AS a ("a" "pg_catalog"."int4", "b" "pg_catalog"."text"), LATERAL "odd"."default_only"("a" := a."a", "b" := a."b") AS c("default_only")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."default_only")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."default_only" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"a\":2,\"b\":null}","1000","v","10485760"]

-- takes the named columns of a body as arguments
-- POST rpc/default_only?columns=a | "{\"a\":2,\"b\":\"x\",\"c\":\"y\"}"
WITH f AS MATERIALIZED (SELECT c."default_only" AS "default_only" FROM pg_catalog.json_to_record($1::json) AS a ("a" "pg_catalog"."int4"), LATERAL "odd"."default_only"("a" := a."a") AS c("default_only")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."default_only")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."default_only" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"a\":2,\"b\":\"x\",\"c\":\"y\"}","1000","v","10485760"]

-- says which argument is missing
-- GET rpc/array_of
-- 404 PGRST202 Could not find the function odd.array_of without parameters in the schema cache

-- lets a function say the whole error reply
-- POST rpc/boom | "{\"kind\":\"json\"}"
WITH f AS MATERIALIZED (SELECT "odd"."boom"("kind" := a."kind") AS "boom" FROM pg_catalog.json_to_record($1::json) AS a ("kind" "pg_catalog"."text")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM f) AS r;
-- ["{\"kind\":\"json\"}","v","10485760"]

-- refuses a raised message that is no JSON
-- POST rpc/boom | "{\"kind\":\"bad message\"}"
WITH f AS MATERIALIZED (SELECT "odd"."boom"("kind" := a."kind") AS "boom" FROM pg_catalog.json_to_record($1::json) AS a ("kind" "pg_catalog"."text")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM f) AS r;
-- ["{\"kind\":\"bad message\"}","v","10485760"]

-- refuses a raised detail that is no JSON
-- POST rpc/boom | "{\"kind\":\"bad detail\"}"
WITH f AS MATERIALIZED (SELECT "odd"."boom"("kind" := a."kind") AS "boom" FROM pg_catalog.json_to_record($1::json) AS a ("kind" "pg_catalog"."text")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM f) AS r;
-- ["{\"kind\":\"bad detail\"}","v","10485760"]

-- refuses a raised error without a detail
-- POST rpc/boom | "{\"kind\":\"no detail\"}"
WITH f AS MATERIALIZED (SELECT "odd"."boom"("kind" := a."kind") AS "boom" FROM pg_catalog.json_to_record($1::json) AS a ("kind" "pg_catalog"."text")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM f) AS r;
-- ["{\"kind\":\"no detail\"}","v","10485760"]

-- answers 400 to what a function raises
-- POST rpc/boom | "{\"kind\":\"x\"}"
WITH f AS MATERIALIZED (SELECT "odd"."boom"("kind" := a."kind") AS "boom" FROM pg_catalog.json_to_record($1::json) AS a ("kind" "pg_catalog"."text")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM f) AS r;
-- ["{\"kind\":\"x\"}","v","10485760"]

-- answers 500 to a failed assertion
-- POST rpc/boom | "{\"kind\":\"assert\"}"
WITH f AS MATERIALIZED (SELECT "odd"."boom"("kind" := a."kind") AS "boom" FROM pg_catalog.json_to_record($1::json) AS a ("kind" "pg_catalog"."text")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM f) AS r;
-- ["{\"kind\":\"assert\"}","v","10485760"]

-- does not read a computed field’s function as one to call without its row
-- GET rpc/initials
-- 404 PGRST202 Could not find the function odd.initials without parameters in the schema cache

-- refuses max-affected of what returns no set
-- POST rpc/boom | prefer: handling=strict, max-affected=1 | "{\"kind\":\"x\"}"
-- 400 PGRST128 Function must return SETOF or TABLE when max-affected preference is used with handling=strict

-- applies max-affected to what a function returns
-- POST rpc/table_of | prefer: handling=strict, max-affected=1 | "{\"n\":2}"
WITH f AS (SELECT c."x" AS "x", c."label" AS "label" FROM pg_catalog.json_to_record($1::json) AS a ("n" "pg_catalog"."int4"), LATERAL "odd"."table_of"("n" := a."n") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) WHEN r.page > $6 THEN db9.raise('DB003', r.page::text, NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8 > $3) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0"."x", "r0"."label" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["{\"n\":2}","1000","5242","v","10485760","1"]

-- has no function at a nested path
-- GET rpc/a/b
-- 404 PGRST125 Invalid path specified in request URL
