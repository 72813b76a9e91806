-- compares whole arrays
-- GET kinds?select=id&ints=eq.{1,2,3}
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."ints" = $1 LIMIT $2) AS t) AS r;
-- ["{1,2,3}","1000","v","10485760"]

-- finds an empty array, which is not null
-- GET kinds?select=id&ints=eq.{}&ints=not.is.null
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."ints" = $1 AND NOT ("r0"."ints" IS NULL) LIMIT $2) AS t) AS r;
-- ["{}","1000","v","10485760"]

-- finds in arrays items with commas and quotes
-- GET kinds?select=id&texts=cs.{"b,c","d\"e"}
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."texts" @> $1 LIMIT $2) AS t) AS r;
-- ["{\"b,c\",\"d\\\"e\"}","1000","v","10485760"]

-- walks into arrays by index
-- GET kinds?select=first:ints->0,last:ints->-1,cell:matrix->1->0&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $7 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $8 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT (pg_catalog.to_jsonb("r0"."ints")->$1::pg_catalog.int4) AS "first", (pg_catalog.to_jsonb("r0"."ints")->$2::pg_catalog.int4) AS "last", (pg_catalog.to_jsonb("r0"."matrix")->$3::pg_catalog.int4->$4::pg_catalog.int4) AS "cell" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" = $5 LIMIT $6) AS t) AS r;
-- ["0","-1","1","0","1","1000","v","10485760"]

-- filters by an item of an array
-- GET kinds?select=id&ints->>1=eq.2
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE (pg_catalog.to_jsonb("r0"."ints")->>$1::pg_catalog.int4) = $2 LIMIT $3) AS t) AS r;
-- ["1","2","1000","v","10485760"]

-- compares enums by their order
-- GET kinds?select=id&mood=gt.sad&moods=ov.{ok}
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."mood" > $1 AND "r0"."moods" && $2 LIMIT $3) AS t) AS r;
-- ["sad","{ok}","1000","v","10485760"]

-- says that a label is none
-- GET kinds?mood=eq.angry
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) FILTER (WHERE pg_catalog.octet_length(t."db9 value"::text) > $3) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT CASE WHEN coalesce(pg_catalog.octet_length(t."plain"::text), 0)::int8 + coalesce(pg_catalog.octet_length(t."mail"::text), 0) + coalesce(2 * pg_catalog.octet_length(t."raw"), 0) + coalesce(pg_catalog.octet_length(t."xml_doc"::text), 0) > 10485760 AND db9.raise('DB005', 10485760::text, NULL, NULL) THEN NULL ELSE pg_catalog.row_to_json(t.*)::text END AS "db9 value" FROM (SELECT "r0".* FROM "odd"."kinds" AS "r0" WHERE "r0"."mood" = $1 LIMIT $2) AS t OFFSET 0) AS t) AS r;
-- ["angry","1000","5242","v","10485760"]

-- walks into composite values
-- GET kinds?select=home->>city,street:home->street&home->>city=eq.Ulm
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $7 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $8 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) FILTER (WHERE pg_catalog.octet_length(t."db9 value"::text) > $6) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT CASE WHEN coalesce(pg_catalog.octet_length(t."city"::text), 0)::int8 > 10485760 AND db9.raise('DB005', 10485760::text, NULL, NULL) THEN NULL ELSE pg_catalog.row_to_json(t.*)::text END AS "db9 value" FROM (SELECT (pg_catalog.to_jsonb("r0"."home")->>$1::pg_catalog.text) AS "city", (pg_catalog.to_jsonb("r0"."home")->$2::pg_catalog.text) AS "street" FROM "odd"."kinds" AS "r0" WHERE (pg_catalog.to_jsonb("r0"."home")->>$3::pg_catalog.text) = $4 LIMIT $5) AS t OFFSET 0) AS t) AS r;
-- ["city","street","city","Ulm","1000","5242","v","10485760"]

-- walks into arrays of composite values
-- GET kinds?select=homes->0->>city&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT (pg_catalog.to_jsonb("r0"."homes")->$1::pg_catalog.int4->>$2::pg_catalog.text) AS "city" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" = $3 LIMIT $4) AS t) AS r;
-- ["0","city","1","1000","v","10485760"]

-- orders by a member of a composite value
-- GET kinds?select=id&order=home->>city.asc.nullsfirst
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" ORDER BY (pg_catalog.to_jsonb("r0"."home")->>$1::pg_catalog.text) ASC NULLS FIRST LIMIT $2) AS t) AS r;
-- ["city","1000","v","10485760"]

-- compares ranges of time
-- GET kinds?select=id&span=cs.[2026-01-10T00:00Z,2026-01-11T00:00Z)&days=ov.[2026-01-31,2026-03-01)
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."span" @> $1 AND "r0"."days" && $2 LIMIT $3) AS t) AS r;
-- ["[2026-01-10T00:00Z,2026-01-11T00:00Z)","[2026-01-31,2026-03-01)","1000","v","10485760"]

-- compares multiranges
-- GET kinds?select=id&spans=cs.{[5,6)}&spans=not.cs.{[4,5)}
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."spans" @> $1 AND NOT ("r0"."spans" @> $2) LIMIT $3) AS t) AS r;
-- ["{[5,6)}","{[4,5)}","1000","v","10485760"]

-- finds adjacent and left and right ranges
-- GET kinds?select=id&days=adj.[2026-02-01,2026-03-01)&days=sl.[2026-05-01,2026-06-01)&days=nxl.[2025-01-01,2025-02-01)&days=nxr.[2026-01-01,2027-01-01)&days=not.sr.[2026-01-01,2026-01-02)
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $7 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $8 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."days" -|- $1 AND "r0"."days" << $2 AND "r0"."days" &> $3 AND "r0"."days" &< $4 AND NOT ("r0"."days" >> $5) LIMIT $6) AS t) AS r;
-- ["[2026-02-01,2026-03-01)","[2026-05-01,2026-06-01)","[2025-01-01,2025-02-01)","[2026-01-01,2027-01-01)","[2026-01-01,2026-01-02)","1000","v","10485760"]

-- walks into JSON by quoted keys
-- GET kinds?select=doc->a->"b.c"->1->d,x:doc->>"key with space"&doc->a->"b.c"->>0=eq.10
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $12 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $13 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) FILTER (WHERE pg_catalog.octet_length(t."db9 value"::text) > $11) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT CASE WHEN coalesce(pg_catalog.octet_length(t."x"::text), 0)::int8 > 10485760 AND db9.raise('DB005', 10485760::text, NULL, NULL) THEN NULL ELSE pg_catalog.row_to_json(t.*)::text END AS "db9 value" FROM (SELECT ("r0"."doc"->$1::pg_catalog.text->$2::pg_catalog.text->$3::pg_catalog.int4->$4::pg_catalog.text) AS "d", ("r0"."doc"->>$5::pg_catalog.text) AS "x" FROM "odd"."kinds" AS "r0" WHERE ("r0"."doc"->$6::pg_catalog.text->$7::pg_catalog.text->>$8::pg_catalog.int4) = $9 LIMIT $10) AS t OFFSET 0) AS t) AS r;
-- ["a","b.c","1","d","key with space","a","b.c","0","10","1000","5242","v","10485760"]

-- tells a key that is a number from an index by its quotes
-- GET kinds?select=doc->>"1"&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT ("r0"."doc"->>$1::pg_catalog.text) AS "1" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["1","1","1000","v","10485760"]

-- compares JSON values and texts
-- GET kinds?select=id&doc->n=eq.5&doc->>s=in.(x,y)&doc->t=is.not_null
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $7 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $8 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE ("r0"."doc"->$1::pg_catalog.text) = $2 AND ("r0"."doc"->>$3::pg_catalog.text) = ANY ($4) AND ("r0"."doc"->$5::pg_catalog.text) IS NOT NULL LIMIT $6) AS t) AS r;
-- ["n","5","s","{\"x\",\"y\"}","t","1000","v","10485760"]

-- tells null in JSON from no value
-- GET kinds?select=id&doc->missing=is.null&doc=not.is.null&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE ("r0"."doc"->$1::pg_catalog.text) IS NULL AND NOT ("r0"."doc" IS NULL) ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["missing","1000","v","10485760"]

-- keeps JSON as it was written
-- GET kinds?select=plain&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."plain" AS "plain" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- casts inside a selection of JSON
-- GET kinds?select=n:doc->n::text&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT CAST(("r0"."doc"->$1::pg_catalog.text) AS "pg_catalog"."text") AS "n" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["n","1","1000","v","10485760"]

-- casts to a type of one of its columns
-- GET kinds?select=m:doc->>mood::mood,e:mail::email&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT CAST(("r0"."doc"->>$1::pg_catalog.text) AS "odd"."mood") AS "m", CAST("r0"."mail" AS "odd"."email") AS "e" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["mood","1","1000","v","10485760"]

-- prints every type as Postgres does
-- GET kinds?select=amount,day,at,lapse,raw,ip,code,xml_doc,ref,span,mail&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."amount" AS "amount", "r0"."day" AS "day", "r0"."at" AS "at", "r0"."lapse" AS "lapse", "r0"."raw" AS "raw", "r0"."ip" AS "ip", "r0"."code" AS "code", "r0"."xml_doc" AS "xml_doc", "r0"."ref" AS "ref", "r0"."span" AS "span", "r0"."mail" AS "mail" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t WHERE coalesce(2 * pg_catalog.octet_length(t."raw"), 0)::int8 + coalesce(pg_catalog.octet_length(t."xml_doc"::text), 0) + coalesce(pg_catalog.octet_length(t."mail"::text), 0) <= 10485760 OR db9.raise('DB005', 10485760::text, NULL, NULL)) AS r;
-- ["1","1000","v","10485760"]

-- prints times in the time zone that is asked for
-- GET kinds?select=at&id=eq.1 | prefer: timezone=America/Los_Angeles
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."at" AS "at" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- takes a time zone as an offset
-- GET kinds?select=at&id=eq.1 | prefer: timezone=-4
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."at" AS "at" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- refuses a time zone that is none
-- GET kinds?select=at | prefer: timezone=Mars/Base
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."at" AS "at" FROM "odd"."kinds" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- takes the long name of a region as a time zone
-- GET kinds?select=at&id=eq.1 | prefer: timezone=America/Argentina/Buenos_Aires
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."at" AS "at" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- refuses the long name of a zone that a caller made up
-- GET kinds?select=at | prefer: timezone=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA5
-- 400 PGRST129 The value of the timezone preference is too long

-- refuses the long name of a made-up zone with a slash in it
-- GET kinds?select=at | prefer: timezone=A/BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB5
-- 400 PGRST129 The value of the timezone preference is too long

-- refuses a made-up zone whose characters take several bytes
-- GET kinds?select=at | prefer: timezone=éééééééééééééééééééééé5
-- 400 22023 invalid value for parameter "TimeZone": "éééééééééééééééééééééé5"

-- knows true, false and unknown
-- GET kinds?select=id&or=(flag.is.true,flag.is.unknown)&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE ("r0"."flag" IS TRUE OR "r0"."flag" IS UNKNOWN) ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- compares with any of an array of texts
-- GET kinds?select=id&mail=ilike(any).{A*,*z}
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."mail" ILIKE ANY ($1) LIMIT $2) AS t) AS r;
-- ["{A%,%z}","1000","v","10485760"]

-- compares with all of a list of numbers
-- GET kinds?select=id&id=lte(all).{1,2}&id=gte(any).{1}
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" <= ALL ($1) AND "r0"."id" >= ANY ($2) LIMIT $3) AS t) AS r;
-- ["{1,2}","{1}","1000","v","10485760"]

-- takes nulls in a list as texts
-- GET kinds?select=id&mail=in.(null,"a@b")
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."mail" = ANY ($1) LIMIT $2) AS t) AS r;
-- ["{\"null\",\"a@b\"}","1000","v","10485760"]

-- refuses to compare what has no such operator
-- GET kinds?select=id&id=like.1*
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" LIKE $1 LIMIT $2) AS t) AS r;
-- ["1%","1000","v","10485760"]

-- refuses a boolean test of what is none
-- GET kinds?id=is.true
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) FILTER (WHERE pg_catalog.octet_length(t."db9 value"::text) > $2) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT CASE WHEN coalesce(pg_catalog.octet_length(t."plain"::text), 0)::int8 + coalesce(pg_catalog.octet_length(t."mail"::text), 0) + coalesce(2 * pg_catalog.octet_length(t."raw"), 0) + coalesce(pg_catalog.octet_length(t."xml_doc"::text), 0) > 10485760 AND db9.raise('DB005', 10485760::text, NULL, NULL) THEN NULL ELSE pg_catalog.row_to_json(t.*)::text END AS "db9 value" FROM (SELECT "r0".* FROM "odd"."kinds" AS "r0" WHERE "r0"."id" IS TRUE LIMIT $1) AS t OFFSET 0) AS t) AS r;
-- ["1000","5242","v","10485760"]

-- inserts arrays, composites, ranges and JSON from JSON
-- POST kinds?select=ints,texts,home,homes,days,doc,mood,raw | prefer: return=representation | "{\"id\":9,\"ints\":[4,5],\"texts\":[\"x\",\"y,z\",null],\"home\":{\"street\":\"S\",\"city\":\"C\"},\"homes\":[{\"street\":\"1\",\"city\":\"2\"}],\"days\":\"[2026-01-01,2026-01-02)\",\"doc\":{\"k\":[1]},\"mood\":\"sad\",\"raw\":\"\\\\x01\"}"
WITH w AS (INSERT INTO "odd"."kinds" AS t ("id", "ints", "texts", "home", "homes", "days", "doc", "mood", "raw") SELECT b."id", b."ints", b."texts", b."home", b."homes", b."days", b."doc", b."mood", b."raw" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "ints" "pg_catalog"."_int4", "texts" "pg_catalog"."_text", "home" "odd"."address", "homes" "odd"."_address", "days" "pg_catalog"."daterange", "doc" "pg_catalog"."jsonb", "mood" "odd"."mood", "raw" "pg_catalog"."bytea") RETURNING t."ints" AS "ints", t."texts" AS "texts", t."home" AS "home", t."homes" AS "homes", t."days" AS "days", t."doc" AS "doc", t."mood" AS "mood", t."raw" AS "raw") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT CASE WHEN coalesce(2 * pg_catalog.octet_length(t."raw"), 0)::int8 > 10485760 AND db9.raise('DB005', 10485760::text, NULL, NULL) THEN NULL ELSE pg_catalog.row_to_json(t.*)::text END AS "db9 value" FROM (SELECT "r0"."ints" AS "ints", "r0"."texts" AS "texts", "r0"."home" AS "home", "r0"."homes" AS "homes", "r0"."days" AS "days", "r0"."doc" AS "doc", "r0"."mood" AS "mood", "r0"."raw" AS "raw" FROM w AS "r0") AS t OFFSET 0) AS t) AS r;
-- ["[{\"id\":9,\"ints\":[4,5],\"texts\":[\"x\",\"y,z\",null],\"home\":{\"street\":\"S\",\"city\":\"C\"},\"homes\":[{\"street\":\"1\",\"city\":\"2\"}],\"days\":\"[2026-01-01,2026-01-02)\",\"doc\":{\"k\":[1]},\"mood\":\"sad\",\"raw\":\"\\\\x01\"}]","v","10485760"]

-- inserts arrays and composites from CSV as literals
-- POST kinds?select=ints,home | prefer: return=representation | content-type: text/csv | "id,ints,home\n9,\"{1,2}\",\"(a,b)\""
WITH w AS (INSERT INTO "odd"."kinds" AS t ("id", "ints", "home") SELECT b."id", b."ints", b."home" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "ints" "pg_catalog"."_int4", "home" "odd"."address") RETURNING t."ints" AS "ints", t."home" AS "home") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT pg_catalog.row_to_json(t.*)::text AS "db9 value" FROM (SELECT "r0"."ints" AS "ints", "r0"."home" AS "home" FROM w AS "r0") AS t OFFSET 0) AS t) AS r;
-- ["[{\"id\":\"9\",\"ints\":\"{1,2}\",\"home\":\"(a,b)\"}]","v","10485760"]

-- holds values against domains
-- POST kinds | "{\"id\":9,\"mail\":\"no\"}"
WITH w AS (INSERT INTO "odd"."kinds" AS t ("id", "mail") SELECT b."id", b."mail" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "mail" "odd"."email") RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"id\":9,\"mail\":\"no\"}]","v","10485760"]

-- refuses a number that its column cannot hold
-- PATCH kinds?id=eq.1 | "{\"amount\":123456.1}"
WITH w AS (UPDATE "odd"."kinds" AS t SET "amount" = b."amount" FROM (SELECT * FROM pg_catalog.json_to_recordset($1::json) AS b ("amount" "pg_catalog"."numeric") LIMIT 1) AS b WHERE t."id" = $2 RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"amount\":123456.1}]","1","v","10485760"]

-- sets null
-- PATCH kinds?id=eq.1&select=ints,doc | prefer: return=representation | "{\"ints\":null,\"doc\":null}"
WITH w AS (UPDATE "odd"."kinds" AS t SET "ints" = b."ints", "doc" = b."doc" FROM (SELECT * FROM pg_catalog.json_to_recordset($1::json) AS b ("ints" "pg_catalog"."_int4", "doc" "pg_catalog"."jsonb") LIMIT 1) AS b WHERE t."id" = $2 RETURNING t."ints" AS "ints", t."doc" AS "doc") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT pg_catalog.row_to_json(t.*)::text AS "db9 value" FROM (SELECT "r0"."ints" AS "ints", "r0"."doc" AS "doc" FROM w AS "r0") AS t OFFSET 0) AS t) AS r;
-- ["[{\"ints\":null,\"doc\":null}]","1","v","10485760"]

-- returns CSV with arrays, quotes and nulls as Postgres prints a row
-- GET kinds?select=id,texts,mood,doc->>s&order=id | accept: text/csv
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) FILTER (WHERE pg_catalog.octet_length(t."db9 value"::text) > $4) > 10485760 THEN NULL ELSE $3 || coalesce(pg_catalog.string_agg(pg_catalog.substring(t."db9 value", 2, pg_catalog.length(t."db9 value") - 2), E'\n'), '') END AS body, NULL AS location FROM (SELECT t.*::text AS "db9 value" FROM (SELECT "r0"."id" AS "id", "r0"."texts" AS "texts", "r0"."mood" AS "mood", ("r0"."doc"->>$1::pg_catalog.text) AS "s" FROM "odd"."kinds" AS "r0" ORDER BY "r0"."id" LIMIT $2) AS t OFFSET 0) AS t) AS r;
-- ["s","1000","id,texts,mood,s\n","5242","v","10485760"]

-- returns CSV of no rows as its header
-- GET kinds?select=id,mood&id=eq.0 | accept: text/csv
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, $3 || coalesce(pg_catalog.string_agg(pg_catalog.substring(t.*::text, 2, pg_catalog.length(t.*::text) - 2), E'\n'), '') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "r0"."mood" AS "mood" FROM "odd"."kinds" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["0","1000","id,mood\n","v","10485760"]
