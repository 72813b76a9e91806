-- filters by equality
-- GET todos?select=id&id=eq.2
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["2","1000","v","10485760"]

-- filters by neq
-- GET labels?select=id&id=neq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."labels" AS "r0" WHERE "r0"."id" <> $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- filters by gt and lte together
-- GET todos?select=id&id=gt.1&id=lte.3&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."id" > $1 AND "r0"."id" <= $2 ORDER BY "r0"."id" LIMIT $3) AS t) AS r;
-- ["1","3","1000","v","10485760"]

-- negates any operator
-- GET todos?select=id&id=not.gte.2
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE NOT ("r0"."id" >= $1) LIMIT $2) AS t) AS r;
-- ["2","1000","v","10485760"]

-- takes lists with quoted commas
-- GET todos?select=id&title=in.("run, fast",rest)&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."title" = ANY ($1) ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["{\"run, fast\",\"rest\"}","1000","v","10485760"]

-- takes an empty list
-- GET todos?id=in.()
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(pg_catalog.octet_length(t."db9 value"::text), 10485760) FILTER (WHERE pg_catalog.octet_length(t."db9 value"::text) > $3) > 10485760 THEN NULL ELSE coalesce('[' || pg_catalog.string_agg(t."db9 value", E', \n ') || ']', '[]') END AS body, NULL AS location FROM (SELECT pg_catalog.row_to_json(t.*)::text AS "db9 value" FROM (SELECT "r0".* FROM "public"."todos" AS "r0" WHERE "r0"."id" = ANY ($1) LIMIT $2) AS t OFFSET 0) AS t) AS r;
-- ["{}","1000","5242","v","10485760"]

-- tells null, true, false and unknown apart, in any case
-- GET todos?select=id&done=is.TRUE&user_id=is.not_null&priority=not.is.null
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."done" IS TRUE AND "r0"."user_id" IS NOT NULL AND NOT ("r0"."priority" IS NULL) LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- reads * as a wildcard of like
-- GET todos?select=id&title=like.r*&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."title" LIKE $1 ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["r%","1000","v","10485760"]

-- matches without regard to case
-- GET todos?select=id&title=ilike.WR*
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."title" ILIKE $1 LIMIT $2) AS t) AS r;
-- ["WR%","1000","v","10485760"]

-- matches regular expressions
-- GET todos?select=id&title=imatch.^W
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."title" ~* $1 LIMIT $2) AS t) AS r;
-- ["^W","1000","v","10485760"]

-- compares with any of a list
-- GET todos?select=id&title=like(any).{w*,re*}&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."title" LIKE ANY ($1) ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["{w%,re%}","1000","v","10485760"]

-- compares with all of a list
-- GET todos?select=id&title=like(all).{r*,re*}&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."title" LIKE ALL ($1) ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["{r%,re%}","1000","v","10485760"]

-- treats null as a value with isdistinct
-- GET todos?select=id&priority=isdistinct.1&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."priority" IS DISTINCT FROM $1 ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- finds what arrays contain
-- GET users?select=id&tags=cs.{a}
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."users" AS "r0" WHERE "r0"."tags" @> $1 LIMIT $2) AS t) AS r;
-- ["{a}","1000","v","10485760"]

-- finds what JSON contains
-- GET todos?select=id&data=cs.{"n":2}
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."data" @> $1 LIMIT $2) AS t) AS r;
-- ["{\"n\":2}","1000","v","10485760"]

-- finds contained and overlapping arrays
-- GET users?select=id&tags=cd.{a,b,c}&tags=ov.{b}&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."users" AS "r0" WHERE "r0"."tags" <@ $1 AND "r0"."tags" && $2 ORDER BY "r0"."id" LIMIT $3) AS t) AS r;
-- ["{a,b,c}","{b}","1000","v","10485760"]

-- compares ranges
-- GET documents?select=id&span=sl.[5,9)&span=adj.[5,9)&span=nxr.[1,9)
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."documents" AS "r0" WHERE "r0"."span" << $1 AND "r0"."span" -|- $2 AND "r0"."span" &< $3 LIMIT $4) AS t) AS r;
-- ["[5,9)","[5,9)","[1,9)","1000","v","10485760"]

-- searches vectors and texts
-- GET documents?select=id&vec=fts(english).fox&body=wfts(english).quick
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $7 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $8 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."documents" AS "r0" WHERE "r0"."vec" @@ pg_catalog.to_tsquery($1::pg_catalog.regconfig, $2) AND pg_catalog.to_tsvector($4::pg_catalog.regconfig, "r0"."body") @@ pg_catalog.websearch_to_tsquery($3::pg_catalog.regconfig, $5) LIMIT $6) AS t) AS r;
-- ["english","fox","english","english","quick","1000","v","10485760"]

-- searches with plain and phrase queries
-- GET documents?select=id&body=plfts(english).dogs&body=phfts(english).lazy dogs
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $8 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $9 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."documents" AS "r0" WHERE pg_catalog.to_tsvector($2::pg_catalog.regconfig, "r0"."body") @@ pg_catalog.plainto_tsquery($1::pg_catalog.regconfig, $3) AND pg_catalog.to_tsvector($5::pg_catalog.regconfig, "r0"."body") @@ pg_catalog.phraseto_tsquery($4::pg_catalog.regconfig, $6) LIMIT $7) AS t) AS r;
-- ["english","english","dogs","english","english","lazy dogs","1000","v","10485760"]

-- filters inside JSON
-- GET todos?select=id&data->a->>b=eq.y
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE ("r0"."data"->$1::pg_catalog.text->>$2::pg_catalog.text) = $3 LIMIT $4) AS t) AS r;
-- ["a","b","y","1000","v","10485760"]

-- combines filters with and, or and not
-- GET todos?select=id&or=(id.eq.1,and(done.is.true,priority.lt.3))&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE ("r0"."id" = $1 OR ("r0"."done" IS TRUE AND "r0"."priority" < $2)) ORDER BY "r0"."id" LIMIT $3) AS t) AS r;
-- ["1","3","1000","v","10485760"]

-- negates whole trees
-- GET todos?select=id&not.or=(id.eq.1,id.eq.2)&or=(priority.not.is.null,title.eq."rest")&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE NOT ("r0"."id" = $1 OR "r0"."id" = $2) AND (NOT ("r0"."priority" IS NULL) OR "r0"."title" = $3) ORDER BY "r0"."id" LIMIT $4) AS t) AS r;
-- ["1","2","rest","1000","v","10485760"]

-- takes arrays and JSON paths inside trees
-- GET users?select=id&or=(tags.cs.{a,b},meta->>city.eq.Paris)
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."users" AS "r0" WHERE ("r0"."tags" @> $1 OR ("r0"."meta"->>$2::pg_catalog.text) = $3) LIMIT $4) AS t) AS r;
-- ["{a,b}","city","Paris","1000","v","10485760"]

-- treats hostile values as data
-- GET todos?select=id&title=eq.'); drop table todos; --
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."title" = $1 LIMIT $2) AS t) AS r;
-- ["'); drop table todos; --","1000","v","10485760"]
