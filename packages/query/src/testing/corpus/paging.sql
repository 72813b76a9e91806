-- orders by several columns
-- GET todos?select=id&order=user_id.desc.nullslast,id.desc
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY "r0"."user_id" DESC NULLS LAST, "r0"."id" DESC LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- orders inside JSON
-- GET todos?select=id&order=data->n.desc.nullslast,id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY ("r0"."data"->$1::pg_catalog.text) DESC NULLS LAST, "r0"."id" LIMIT $2) AS t) AS r;
-- ["n","1000","v","10485760"]

-- pages with limit and offset
-- GET todos?select=id&order=id&limit=2&offset=1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY "r0"."id" LIMIT $1 OFFSET $2) AS t) AS r;
-- ["2","1","v","10485760"]

-- pages with the Range header
-- GET todos?select=id&order=id | range: 2- | range-unit: items
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY "r0"."id" LIMIT $1 OFFSET $2) AS t) AS r;
-- ["1000","2","v","10485760"]

-- counts exactly and answers 206 to a part
-- GET todos?select=id&order=id&limit=1 | prefer: count=exact
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM "public"."todos" AS "r0") AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1","v","10485760"]

-- answers 200 where the count holds all
-- GET labels?select=id&order=id | prefer: count=exact
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM "public"."labels" AS "r0") AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."labels" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- refuses an offset beyond the counted rows
-- GET todos?offset=9 | prefer: count=exact
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM "public"."todos" AS "r0") AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) FILTER (WHERE pg_catalog.octet_length(t."db9 value"::text) > $3) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT pg_catalog.row_to_json(t.*)::text AS "db9 value" FROM (SELECT "r0".* FROM "public"."todos" AS "r0" LIMIT $1 OFFSET $2) AS t OFFSET 0) AS t) AS r;
-- ["1000","9","5242","v","10485760"]

-- refuses a negative limit
-- GET todos?limit=-1
-- 416 PGRST103 Requested range not satisfiable

-- accepts a limit of zero
-- GET todos?limit=0
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) FILTER (WHERE pg_catalog.octet_length(t."db9 value"::text) > $2) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT pg_catalog.row_to_json(t.*)::text AS "db9 value" FROM (SELECT "r0".* FROM "public"."todos" AS "r0" LIMIT $1) AS t OFFSET 0) AS t) AS r;
-- ["0","5242880","v","10485760"]

-- never returns more rows than the database allows
-- GET todos?select=id&order=id&limit=4
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["2","v","10485760"]

-- answers HEAD with headers alone
-- HEAD todos?select=id | prefer: count=exact
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM "public"."todos" AS "r0") AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- reads a long query from a form body
-- POST todos | x-http-method-override: GET | content-type: application/x-www-form-urlencoded | "select=id&id=in.(1,3)&order=id"
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."id" = ANY ($1) ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["{\"1\",\"3\"}","1000","v","10485760"]

-- answers a range beyond the counted rows with how many there are
-- GET labels?offset=5 | prefer: count=exact
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM "public"."labels" AS "r0") AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8 > $3) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."labels" AS "r0" LIMIT $1 OFFSET $2) AS t) AS r;
-- ["1000","5","5242","v","10485760"]

-- asks the planner how many rows there are where plans may be seen
-- GET labels?select=id&order=id&limit=1 | prefer: count=planned
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (db9.explain($2, $3::pg_catalog.text[], $4::pg_catalog.text[])::json->0->'Plan'->>'Plan Rows')::pg_catalog.int8 AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."labels" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1","FORMAT JSON","{\"SELECT 1 FROM \\\"public\\\".\\\"labels\\\" AS \\\"r0\\\"\"}","{}","v","10485760"]

-- hands the planner values as data, whatever they hold
-- GET todos?select=id&title=eq.%27)%3B%20drop%20table%20todos%3B%20--%20$1%20%5C&id=gt.0 | prefer: count=planned
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $7 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $8 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (db9.explain($4, $5::pg_catalog.text[], $6::pg_catalog.text[])::json->0->'Plan'->>'Plan Rows')::pg_catalog.int8 AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."title" = $1 AND "r0"."id" > $2 LIMIT $3) AS t) AS r;
-- ["'); drop table todos; -- $1 \\","0","1000","FORMAT JSON","{\"SELECT 1 FROM \\\"public\\\".\\\"todos\\\" AS \\\"r0\\\" WHERE \\\"r0\\\".\\\"title\\\" = \",\" AND \\\"r0\\\".\\\"id\\\" > \",\"\"}","{\"'); drop table todos; -- $1 \\\\\",\"0\"}","v","10485760"]

-- counts an estimate exactly as far as the database returns rows
-- GET todos?select=id&order=id&limit=1 | prefer: count=estimated
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $7 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $8 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT CASE WHEN n.n > $3 THEN greatest(n.n, (db9.explain($4, $5::pg_catalog.text[], $6::pg_catalog.text[])::json->0->'Plan'->>'Plan Rows')::pg_catalog.int8) ELSE n.n END FROM (SELECT pg_catalog.count(*) FROM (SELECT 1 FROM "public"."todos" AS "r0" LIMIT $2) AS g) AS n(n)) AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1","1001","1000","FORMAT JSON","{\"SELECT 1 FROM \\\"public\\\".\\\"todos\\\" AS \\\"r0\\\"\"}","{}","v","10485760"]

-- asks the planner for an estimate beyond that, and takes the greater
-- GET todos?select=id&order=id&id=gt.0 | prefer: count=estimated
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $9 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $10 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT CASE WHEN n.n > $5 THEN greatest(n.n, (db9.explain($6, $7::pg_catalog.text[], $8::pg_catalog.text[])::json->0->'Plan'->>'Plan Rows')::pg_catalog.int8) ELSE n.n END FROM (SELECT pg_catalog.count(*) FROM (SELECT 1 FROM "public"."todos" AS "r0" WHERE "r0"."id" > $3 LIMIT $4) AS g) AS n(n)) AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."id" > $1 ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["0","2","0","3","2","FORMAT JSON","{\"SELECT 1 FROM \\\"public\\\".\\\"todos\\\" AS \\\"r0\\\" WHERE \\\"r0\\\".\\\"id\\\" > \",\"\"}","{\"0\"}","v","10485760"]

-- counts rows that policies choose, where the planner was to say how many
-- GET todos?select=id&order=id&limit=1 | prefer: count=planned
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM (SELECT 1 FROM "public"."todos" AS "r0" LIMIT $2) AS g) AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1","1001","v","10485760"]

-- counts them no further than one page, and says one more where there are more
-- GET todos?select=id&order=id | prefer: count=estimated
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM (SELECT 1 FROM "public"."todos" AS "r0" LIMIT $2) AS g) AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["2","3","v","10485760"]

-- counts them from the offset on, so that the last page is known
-- GET todos?select=id&order=id&offset=2 | prefer: count=planned
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM (SELECT 1 FROM "public"."todos" AS "r0" LIMIT $3) AS g) AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY "r0"."id" LIMIT $1 OFFSET $2) AS t) AS r;
-- ["2","2","5","v","10485760"]

-- refuses an offset beyond them
-- GET todos?select=id&order=id&offset=5 | prefer: count=planned
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM (SELECT 1 FROM "public"."todos" AS "r0" LIMIT $3) AS g) AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY "r0"."id" LIMIT $1 OFFSET $2) AS t) AS r;
-- ["2","5","8","v","10485760"]

-- counts all of them where the database limits no rows
-- GET todos?select=id&order=id&limit=1 | prefer: count=planned
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM "public"."todos" AS "r0") AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) FILTER (WHERE pg_catalog.octet_length(t."db9 value"::text) > $2) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT pg_catalog.row_to_json(t.*)::text AS "db9 value" FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t OFFSET 0) AS t) AS r;
-- ["1","5242880","v","10485760"]

-- asks the planner about a table without policies
-- GET naked?select=id | prefer: count=planned
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (db9.explain($2, $3::pg_catalog.text[], $4::pg_catalog.text[])::json->0->'Plan'->>'Plan Rows')::pg_catalog.int8 AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."naked" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","FORMAT JSON","{\"SELECT 1 FROM \\\"public\\\".\\\"naked\\\" AS \\\"r0\\\"\"}","{}","v","10485760"]

-- does not ask the planner about what was written
-- PATCH todos?id=eq.1 | prefer: count=planned | "{\"priority\":2}"
WITH w AS (UPDATE "public"."todos" AS t SET "priority" = b."priority" FROM (SELECT * FROM pg_catalog.json_to_recordset($1::json) AS b ("priority" "pg_catalog"."int4") LIMIT 1) AS b WHERE t."id" = $2 RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"priority\":2}]","1","v","10485760"]
