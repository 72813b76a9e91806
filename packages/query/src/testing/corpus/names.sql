-- reads a table with umlauts, an ampersand and a space in its name
-- GET %C3%84rger%20%26%20S%C3%B6hne?select=%E5%90%8D%E5%89%8D&order=%E5%90%8D%E5%89%8D.desc
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."名前"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."名前"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0"."名前" AS "名前" FROM "odd"."Ärger & Söhne" AS "r0" ORDER BY "r0"."名前" DESC LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- takes names in quotes with dots, commas, brackets, arrows and quotes
-- GET %C3%84rger%20%26%20S%C3%B6hne?select="a.b","a,b","a(b)","qu\"ote","Ünï->x"&"a.b"=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."a.b" AS "a.b", "r0"."a,b" AS "a,b", "r0"."a(b)" AS "a(b)", "r0"."qu""ote" AS "qu""ote", "r0"."Ünï->x" AS "Ünï->x" FROM "odd"."Ärger & Söhne" AS "r0" WHERE "r0"."a.b" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- takes names with spaces, dashes and dollars without quotes
-- GET %C3%84rger%20%26%20S%C3%B6hne?select=a b,a-b,$x,x:a+b&a b=eq.3&a-b=gte.4
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."a b" AS "a b", "r0"."a-b" AS "a-b", "r0"."$x" AS "$x", "r0"."a b" AS "x" FROM "odd"."Ärger & Söhne" AS "r0" WHERE "r0"."a b" = $1 AND "r0"."a-b" >= $2 LIMIT $3) AS t) AS r;
-- ["3","4","1000","v","10485760"]

-- takes names that are words of the grammar
-- GET %C3%84rger%20%26%20S%C3%B6hne?select=not,and&not=eq.9&or=(not.eq.9,and(not.eq.1,and.eq.2))
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $6 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $7 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."not" AS "not", "r0"."and" AS "and" FROM "odd"."Ärger & Söhne" AS "r0" WHERE "r0"."not" = $1 AND ("r0"."not" = $2 OR ("r0"."not" = $3 AND "r0"."and" = $4)) LIMIT $5) AS t) AS r;
-- ["9","9","1","2","1000","v","10485760"]

-- takes names in quotes inside trees and orders
-- GET %C3%84rger%20%26%20S%C3%B6hne?select="a.b"&or=("a,b".eq.2,"a.b".is.null)&order="a.b".desc.nullslast
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."a.b" AS "a.b" FROM "odd"."Ärger & Söhne" AS "r0" WHERE ("r0"."a,b" = $1 OR "r0"."a.b" IS NULL) ORDER BY "r0"."a.b" DESC NULLS LAST LIMIT $2) AS t) AS r;
-- ["2","1000","v","10485760"]

-- takes names that are numbers
-- GET 42?select=1,id::text&1=eq.one
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."1"::text), 0)::int8 + coalesce(pg_catalog.octet_length(t."id"::text), 0), 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."1"::text), 0)::int8 + coalesce(pg_catalog.octet_length(t."id"::text), 0) > $3) > 10485760 THEN NULL ELSE coalesce(pg_catalog.json_agg(t.*)::text, '[]') END AS body, NULL AS location FROM (SELECT "r0"."1" AS "1", CAST("r0"."id" AS "pg_catalog"."text") AS "id" FROM "odd"."42" AS "r0" WHERE "r0"."1" = $1 LIMIT $2) AS t) AS r;
-- ["one","1000","5242","v","10485760"]

-- calls a function with a space in its name and its argument
-- GET rpc/call%20me?the%20arg=hi+there
WITH f AS MATERIALIZED (SELECT c."call me" AS "call me" FROM "odd"."call me"("the arg" := $1::"pg_catalog"."text") AS c("call me")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."call me")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."call me" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["hi there","1000","v","10485760"]

-- writes columns with odd names
-- POST %C3%84rger%20%26%20S%C3%B6hne?select="a.b","qu\"ote"&columns="名前","a.b","qu\"ote" | prefer: return=representation | "{\"名前\":\"c\",\"a.b\":1,\"qu\\\"ote\":2}"
WITH w AS (INSERT INTO "odd"."Ärger & Söhne" AS t ("名前", "a.b", "qu""ote") SELECT b."名前", b."a.b", b."qu""ote" FROM pg_catalog.json_to_recordset($1::json) AS b ("名前" "pg_catalog"."text", "a.b" "pg_catalog"."int4", "qu""ote" "pg_catalog"."int4") RETURNING t."a.b" AS "a.b", t."qu""ote" AS "qu""ote") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT pg_catalog.row_to_json(t.*)::text AS "db9 value" FROM (SELECT "r0"."a.b" AS "a.b", "r0"."qu""ote" AS "qu""ote" FROM w AS "r0") AS t OFFSET 0) AS t) AS r;
-- ["[{\"名前\":\"c\",\"a.b\":1,\"qu\\\"ote\":2}]","v","10485760"]

-- says where a row with an odd key is
-- POST %C3%84rger%20%26%20S%C3%B6hne | prefer: return=headers-only | "{\"名前\":\"x=y&z\"}"
WITH w AS (INSERT INTO "odd"."Ärger & Söhne" AS t ("名前") SELECT b."名前" FROM pg_catalog.json_to_recordset($1::json) AS b ("名前" "pg_catalog"."text") RETURNING t."名前" AS "名前") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, (SELECT CASE WHEN pg_catalog.count(*) = 1 THEN pg_catalog.json_build_array(pg_catalog.min(w."名前"::text)) END FROM w) AS location) AS r;
-- ["[{\"名前\":\"x=y&z\"}]","v","10485760"]

-- decodes plus signs as spaces and %2B as plus
-- GET kinds?select=id&texts=cs.{a}&mail=eq.a%40b
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."texts" @> $1 AND "r0"."mail" = $2 LIMIT $3) AS t) AS r;
-- ["{a}","a@b","1000","v","10485760"]

-- reads bytes that are no UTF-8 as replacement characters
-- GET kinds?select=id&mail=eq.%ff%fe
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."mail" = $1 LIMIT $2) AS t) AS r;
-- ["��","1000","v","10485760"]

-- does not fold the case of names
-- GET KINDS
-- 404 PGRST205 Could not find the table 'odd.KINDS' in the schema cache
