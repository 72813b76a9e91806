-- reads every column of every visible row
-- GET labels?order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."label"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."labels" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- takes columns, aliases and casts
-- GET todos?select=id,t:title,done::text&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "r0"."title" AS "t", CAST("r0"."done" AS "pg_catalog"."text") AS "done" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- walks JSON paths and names the result after the last key
-- GET todos?select=data->a->>b,n:data->n&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $6 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $7 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT ("r0"."data"->$1::pg_catalog.text->>$2::pg_catalog.text) AS "b", ("r0"."data"->$3::pg_catalog.text) AS "n" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $4 LIMIT $5) AS t WHERE coalesce(pg_catalog.octet_length(t."b"::text), 0)::int8 <= 10485760 OR db9.raise('DB005', 10485760::text, NULL, NULL)) AS r;
-- ["a","b","n","1","1000","v","10485760"]

-- walks into arrays by index, from the end too
-- GET todos?select=data->0,last:data->-1&id=eq.4
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT ("r0"."data"->$1::pg_catalog.int4) AS "data", ("r0"."data"->$2::pg_catalog.int4) AS "last" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $3 LIMIT $4) AS t) AS r;
-- ["0","-1","4","1000","v","10485760"]

-- walks into composite and array columns as JSON
-- GET users?select=tags->0&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT (pg_catalog.to_jsonb("r0"."tags")->$1::pg_catalog.int4) AS "tags" FROM "public"."users" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["0","1","1000","v","10485760"]

-- tolerates spaces between items
-- GET todos?select=id ,%20title&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "r0"."title" AS "title" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- takes names with spaces and quotes
-- GET todos?select="due at"&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."due at" AS "due at" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- computes fields with functions of the row
-- GET todos?select=id,full_title&full_title=eq.write!
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."full_title"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."full_title"::text), 0)::int8 > $3) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "public"."full_title"("r0".*) AS "full_title" FROM "public"."todos" AS "r0" WHERE "public"."full_title"("r0".*) = $1 LIMIT $2) AS t) AS r;
-- ["write!","1000","5242","v","10485760"]

-- keeps every digit of large numbers
-- GET documents?select=big,num&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."big" AS "big", "r0"."num" AS "num" FROM "public"."documents" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- casts to types by their SQL names, in any case
-- GET todos?select=id::TEXT,p:priority::double precision,f:id::float&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT CAST("r0"."id" AS "pg_catalog"."text") AS "id", CAST("r0"."priority" AS "pg_catalog"."float8") AS "p", CAST("r0"."id" AS "pg_catalog"."float8") AS "f" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t WHERE coalesce(pg_catalog.octet_length(t."id"::text), 0)::int8 <= 10485760 OR db9.raise('DB005', 10485760::text, NULL, NULL)) AS r;
-- ["1","1000","v","10485760"]
