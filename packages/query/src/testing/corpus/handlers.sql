-- sends rows as bytes that an aggregate of the table makes
-- GET lines?order=id | accept: application/vnd.twkb
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce(pg_catalog.encode("media"."twkb"((t.*)::"media"."lines"), 'hex'), '') END AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."lines" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- gives the aggregate the rows that the filters leave
-- GET lines?id=eq.1 | accept: application/vnd.twkb | prefer: count=exact
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM "media"."lines" AS "r0" WHERE "r0"."id" = $3) AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8 > $4) > 10485760 THEN NULL ELSE coalesce(pg_catalog.encode("media"."twkb"((t.*)::"media"."lines"), 'hex'), '') END AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."lines" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","1","5242","v","10485760"]

-- sends what the aggregate makes of no row
-- GET lines?id=eq.9 | accept: application/vnd.twkb
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8 > $3) > 10485760 THEN NULL ELSE coalesce(pg_catalog.encode("media"."twkb"((t.*)::"media"."lines"), 'hex'), '') END AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."lines" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["9","1000","5242","v","10485760"]

-- answers HEAD with the media type alone
-- HEAD lines | accept: application/vnd.twkb
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."lines" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- refuses a media type for which the table has no aggregate
-- GET notes | accept: text/plain
-- 406 PGRST107 None of these media types are available: text/plain

-- does not run an aggregate with a SECURITY DEFINER function
-- GET lines | accept: text/plain
-- 406 PGRST107 None of these media types are available: text/plain

-- refuses an aggregate of the table for fewer columns
-- GET lines?select=id | accept: application/vnd.twkb
-- 406 PGRST107 None of these media types are available: application/vnd.twkb

-- refuses an aggregate of the table for all of its columns by name
-- GET lines?select=id,name | accept: application/vnd.twkb
-- 406 PGRST107 None of these media types are available: application/vnd.twkb

-- sends any rows by an aggregate of any element
-- GET lines?order=id | accept: pg/outfunc
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce("media"."out"(t.*)::text, '') END AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."lines" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- gives an aggregate of any element the columns that are selected
-- GET lines?select=name,id&order=id | accept: pg/outfunc
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce("media"."out"(t.*)::text, '') END AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", "r0"."id" AS "id" FROM "media"."lines" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- prefers the aggregate of the table to that of any element
-- GET notes | accept: application/vnd.geo2+json
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."body"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."body"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce("media"."geo"((t.*)::"media"."notes")::text, '') END AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."notes" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- makes JSON by an aggregate of any element
-- GET lines | accept: application/vnd.geo2+json
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce("media"."geo_any"(t.*)::text, '') END AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."lines" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- lets an aggregate take the place of JSON
-- GET settings | accept: application/json
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."v"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."v"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce("media"."json"((t.*)::"media"."settings")::text, '') END AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."settings" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- keeps db9’s own forms of JSON, whatever takes the place of JSON
-- GET settings | accept: application/vnd.pgrst.object+json
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."v"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."v"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') END AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."settings" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- lets an aggregate take the place of CSV, and name a file
-- GET lines?order=id | accept: text/csv
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce("media"."csv"((t.*)::"media"."lines")::text, '') END AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."lines" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- sends CSV of its own where the aggregate’s rows are not whole
-- GET lines?select=id&order=id | accept: text/csv
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, $2 || coalesce(pg_catalog.string_agg(pg_catalog.substring(t.*::text, 2, pg_catalog.length(t.*::text) - 2), E'\n'), '') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "media"."lines" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","id\n","v","10485760"]

-- refuses an aggregate of rows that are shown by the casts of a domain
-- GET tints | accept: text/plain
-- 406 PGRST107 None of these media types are available: text/plain

-- takes the first of the accepted types that there is
-- GET lines?order=id | accept: text/unknown, application/vnd.twkb;q=0.9, */*;q=0.8
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce(pg_catalog.encode("media"."twkb"((t.*)::"media"."lines"), 'hex'), '') END AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."lines" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- sends every media type by an aggregate for all of them
-- GET numbers?val=eq.2 | accept: unknown/unknown
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.encode("media"."number"((t.*)::"media"."numbers"), 'hex'), '') AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."numbers" AS "r0" WHERE "r0"."val" = $1 LIMIT $2) AS t) AS r;
-- ["2","1000","v","10485760"]

-- lets that aggregate name the media type
-- GET numbers?val=eq.2 | accept: magic/number
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.encode("media"."number"((t.*)::"media"."numbers"), 'hex'), '') AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."numbers" AS "r0" WHERE "r0"."val" = $1 LIMIT $2) AS t) AS r;
-- ["2","1000","v","10485760"]

-- does not let it name a type that browsers run
-- GET numbers?val=eq.2 | accept: text/html
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.encode("media"."number"((t.*)::"media"."numbers"), 'hex'), '') AS body, NULL AS location FROM (SELECT "r0".* FROM "media"."numbers" AS "r0" WHERE "r0"."val" = $1 LIMIT $2) AS t) AS r;
-- ["2","1000","v","10485760"]

-- sends rows that were written by the aggregate of the table
-- POST lines | prefer: return=representation | accept: application/vnd.twkb | "{\"id\":3,\"name\":\"three\"}"
WITH w AS (INSERT INTO "media"."lines" AS t ("id", "name") SELECT b."id", b."name" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "name" "pg_catalog"."text") RETURNING t."id" AS "id", t."name" AS "name") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8, 10485760) > 10485760 THEN NULL ELSE coalesce(pg_catalog.encode("media"."twkb"((t.*)::"media"."lines"), 'hex'), '') END AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."name" FROM w AS "r0") AS t) AS r;
-- ["[{\"id\":3,\"name\":\"three\"}]","v","10485760"]

-- writes without a reply for a media type of the table
-- POST lines | accept: application/vnd.twkb | "{\"id\":3,\"name\":\"three\"}"
WITH w AS (INSERT INTO "media"."lines" AS t ("id", "name") SELECT b."id", b."name" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "name" "pg_catalog"."text") RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"id\":3,\"name\":\"three\"}]","v","10485760"]

-- writes nothing for a media type that there is not
-- POST lines | accept: text/unknown | "{\"id\":3,\"name\":\"three\"}"
-- 406 PGRST107 None of these media types are available: text/unknown

-- sends rows that a function returns by the aggregate of their table
-- GET rpc/get_lines | accept: application/vnd.twkb
WITH f AS (SELECT c."id" AS "id", c."name" AS "name" FROM "media"."get_lines"() AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."name"::text), 0)::int8 > $2) > 10485760 THEN NULL ELSE coalesce(pg_catalog.encode("media"."twkb"((t.*)::"media"."lines"), 'hex'), '') END AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."name" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- sends the value of a function that returns a media type
-- GET rpc/welcome.html | accept: text/html
WITH f AS MATERIALIZED (SELECT c."welcome.html" AS "welcome.html" FROM "media"."welcome.html"() AS c("welcome.html")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(t."welcome.html"::text), '') AS body, NULL AS location FROM (SELECT "r0"."welcome.html" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- names the character set of plain text
-- GET rpc/welcome | accept: text/plain
WITH f AS MATERIALIZED (SELECT c."welcome" AS "welcome" FROM "media"."welcome"() AS c("welcome")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(t."welcome"::text), '') AS body, NULL AS location FROM (SELECT "r0"."welcome" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- sends XML of a domain
-- GET rpc/welcome.xml | accept: text/xml
WITH f AS MATERIALIZED (SELECT c."welcome.xml" AS "welcome.xml" FROM "media"."welcome.xml"() AS c("welcome.xml")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(t."welcome.xml"::text), '') AS body, NULL AS location FROM (SELECT "r0"."welcome.xml" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- sends bytes of a domain
-- GET rpc/image | accept: text/html,application/xml;q=0.9,image/png,*/*;q=0.8
WITH f AS MATERIALIZED (SELECT c."image" AS "image" FROM "media"."image"() AS c("image")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(pg_catalog.encode(t."image", 'hex')), '') AS body, NULL AS location FROM (SELECT "r0"."image" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- sends nothing where such a function returns null
-- GET rpc/get_line?id=777 | accept: application/vnd.twkb
WITH f AS MATERIALIZED (SELECT c."get_line" AS "get_line" FROM "media"."get_line"("id" := $1::"pg_catalog"."int4") AS c("get_line")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(pg_catalog.encode(t."get_line", 'hex')), '') AS body, NULL AS location FROM (SELECT "r0"."get_line" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["777","1000","v","10485760"]

-- sends a media type as JSON where that is asked for
-- GET rpc/welcome.html | accept: application/json
WITH f AS MATERIALIZED (SELECT c."welcome.html" AS "welcome.html" FROM "media"."welcome.html"() AS c("welcome.html")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."welcome.html")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."welcome.html" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- takes a media type in any case
-- GET rpc/mixed | accept: APPLICATION/mixed
WITH f AS MATERIALIZED (SELECT c."mixed" AS "mixed" FROM "media"."mixed"() AS c("mixed")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(t."mixed"::text), '') AS body, NULL AS location FROM (SELECT "r0"."mixed" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- refuses a set of values of a media type
-- GET rpc/welcome_twice | accept: text/plain
-- 406 PGRST107 None of these media types are available: text/plain

-- sends any media type by a function for all of them
-- GET rpc/any | accept: image/boingo
WITH f AS MATERIALIZED (SELECT c."any" AS "any" FROM "media"."any"() AS c("any")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(pg_catalog.encode(t."any", 'hex')), '') AS body, NULL AS location FROM (SELECT "r0"."any" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- lets a function name the media type
-- GET rpc/some | accept: app/chico
WITH f AS MATERIALIZED (SELECT c."some" AS "some" FROM "media"."some"() AS c("some")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(pg_catalog.encode(t."some", 'hex')), '') AS body, NULL AS location FROM (SELECT "r0"."some" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- lets a function refuse a media type
-- GET rpc/some | accept: text/csv
WITH f AS MATERIALIZED (SELECT c."some" AS "some" FROM "media"."some"() AS c("some")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.min(pg_catalog.encode(t."some", 'hex')), '') AS body, NULL AS location FROM (SELECT "r0"."some" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- overlooks a domain that is not named as a media type
-- GET rpc/odd | accept: not a/type
-- 406 PGRST107 None of these media types are available: not a/type

-- overlooks aggregates in a schema that the key does not show
-- GET todos?select=id&order=id | accept: pg/outfunc
-- 406 PGRST107 None of these media types are available: pg/outfunc

-- explains the statement of an aggregate
-- GET lines | accept: application/vnd.pgrst.plan+json; for="application/vnd.twkb"
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, db9.explain($1, $2::pg_catalog.text[], $3::pg_catalog.text[]) AS body, NULL AS location) AS r;
-- ["FORMAT JSON","{\"SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t.\\\"name\\\"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t.\\\"name\\\"::text), 0)::int8 > \",\") > 10485760 THEN NULL ELSE coalesce(pg_catalog.encode(\\\"media\\\".\\\"twkb\\\"((t.*)::\\\"media\\\".\\\"lines\\\"), 'hex'), '') END AS body, NULL AS location FROM (SELECT \\\"r0\\\".* FROM \\\"media\\\".\\\"lines\\\" AS \\\"r0\\\" LIMIT \",\") AS t\"}","{\"5242\",\"1000\"}","v","10485760"]
