-- reads every column of every visible row
-- GET labels?order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."labels" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- takes columns, aliases and casts
-- GET todos?select=id,t:title,done::text&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "r0"."title" AS "t", CAST("r0"."done" AS "text") AS "done" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- walks JSON paths and names the result after the last key
-- GET todos?select=data->a->>b,n:data->n&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $6 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $7 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT ("r0"."data"->$1::pg_catalog.text->>$2::pg_catalog.text) AS "b", ("r0"."data"->$3::pg_catalog.text) AS "n" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $4 LIMIT $5) AS t) AS r;
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
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "public"."full_title"("r0".*) AS "full_title" FROM "public"."todos" AS "r0" WHERE "public"."full_title"("r0".*) = $1 LIMIT $2) AS t) AS r;
-- ["write!","1000","v","10485760"]

-- selects nothing where nothing is asked for
-- GET labels?select=
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT  FROM "public"."labels" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- keeps every digit of large numbers
-- GET documents?select=big,num&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."big" AS "big", "r0"."num" AS "num" FROM "public"."documents" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

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
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."todos" AS "r0" WHERE "r0"."id" = ANY ($1) LIMIT $2) AS t) AS r;
-- ["{}","1000","v","10485760"]

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
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM "public"."todos" AS "r0") AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."todos" AS "r0" LIMIT $1 OFFSET $2) AS t) AS r;
-- ["1000","9","v","10485760"]

-- refuses a negative limit
-- GET todos?limit=-1
-- 416 PGRST103 Requested range not satisfiable

-- accepts a limit of zero
-- GET todos?limit=0
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."todos" AS "r0" LIMIT $1) AS t) AS r;
-- ["0","v","10485760"]

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

-- returns one row as an object
-- GET todos?select=id&id=eq.1 | accept: application/vnd.pgrst.object+json
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- refuses several rows as an object
-- GET todos?select=id | accept: application/vnd.pgrst.object+json
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- refuses no row as an object
-- GET todos?id=eq.99 | accept: application/vnd.pgrst.object+json
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."todos" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["99","1000","v","10485760"]

-- leaves out nulls where asked to
-- GET todos?select=id,priority&id=eq.4 | accept: application/vnd.pgrst.array+json;nulls=stripped
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(pg_catalog.json_strip_nulls(pg_catalog.row_to_json(t.*)))::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "r0"."priority" AS "priority" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["4","1000","v","10485760"]

-- returns CSV with a header row
-- GET todos?select=id,title,user_id&id=gte.3&order=id | accept: text/csv
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, $3 || coalesce(pg_catalog.string_agg(pg_catalog.substring(t.*::text, 2, pg_catalog.length(t.*::text) - 2), E'\n'), '') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "r0"."title" AS "title", "r0"."user_id" AS "user_id" FROM "public"."todos" AS "r0" WHERE "r0"."id" >= $1 ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["3","1000","id,title,user_id\n","v","10485760"]

-- accepts what browsers accept
-- GET todos?select=id&id=eq.1 | accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- refuses an unknown media type
-- GET todos | accept: text/unknown
-- 406 PGRST107 None of these media types are available: text/unknown

-- refuses a schema that is not exposed
-- GET todos | accept-profile: auth
-- 406 PGRST106 Invalid schema: auth

-- names the schema where there are several
-- GET labels?select=id&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."labels" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- embeds a parent as an object or null
-- GET todos?select=id,users(name)&order=id&id=in.(1,4)
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS e) AS "users" FROM "public"."todos" AS "r0" WHERE "r0"."id" = ANY ($1) ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["{\"1\",\"4\"}","1000","v","10485760"]

-- embeds children as an array with filters, order and limit of their own
-- GET users?select=name,todos(id)&todos.done=is.false&todos.order=id.desc&todos.limit=1&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."id" AS "id" FROM "public"."todos" AS "r1" WHERE "r0"."id" = "r1"."user_id" AND "r1"."done" IS FALSE ORDER BY "r1"."id" DESC LIMIT $1) AS e) AS "todos" FROM "public"."users" AS "r0" ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- embeds one-to-one as an object
-- GET users?select=id,profiles(bio)&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."bio" AS "bio" FROM "public"."profiles" AS "r1" WHERE "r0"."id" = "r1"."user_id") AS e) AS "profiles" FROM "public"."users" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- embeds through a junction
-- GET todos?select=id,labels(label)&order=id&labels.order=id&id=lte.2
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r2"."label" AS "label" FROM "public"."labels" AS "r2" CROSS JOIN "public"."todo_labels" AS "r1" WHERE "r0"."id" = "r1"."todo_id" AND "r2"."id" = "r1"."label_id" ORDER BY "r2"."id" LIMIT $1) AS e) AS "labels" FROM "public"."todos" AS "r0" WHERE "r0"."id" <= $2 ORDER BY "r0"."id" LIMIT $3) AS t) AS r;
-- ["1000","2","1000","v","10485760"]

-- embeds several levels
-- GET profiles?select=users(name,todos(title,labels(label)))&users.todos.id=eq.3
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r2"."title" AS "title", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r4"."label" AS "label" FROM "public"."labels" AS "r4" CROSS JOIN "public"."todo_labels" AS "r3" WHERE "r2"."id" = "r3"."todo_id" AND "r4"."id" = "r3"."label_id" LIMIT $1) AS e) AS "labels" FROM "public"."todos" AS "r2" WHERE "r1"."id" = "r2"."user_id" AND "r2"."id" = $2 LIMIT $3) AS e) AS "todos" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS e) AS "users" FROM "public"."profiles" AS "r0" LIMIT $4) AS t) AS r;
-- ["1000","3","1000","1000","v","10485760"]

-- keeps only parents with a child under !inner
-- GET users?select=id,todos!inner(id)&todos.done=is.true
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."id" AS "id" FROM "public"."todos" AS "r1" WHERE "r0"."id" = "r1"."user_id" AND "r1"."done" IS TRUE LIMIT $1) AS e) AS "todos" FROM "public"."users" AS "r0" WHERE EXISTS (SELECT FROM "public"."todos" AS "r1" WHERE "r0"."id" = "r1"."user_id" AND "r1"."done" IS TRUE) LIMIT $2) AS t) AS r;
-- ["1000","1000","v","10485760"]

-- counts under !inner
-- GET users?select=id,todos!inner(id)&todos.done=is.true | prefer: count=exact
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM "public"."users" AS "r0" WHERE EXISTS (SELECT FROM "public"."todos" AS "r1" WHERE "r0"."id" = "r1"."user_id" AND "r1"."done" IS TRUE)) AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."id" AS "id" FROM "public"."todos" AS "r1" WHERE "r0"."id" = "r1"."user_id" AND "r1"."done" IS TRUE LIMIT $1) AS e) AS "todos" FROM "public"."users" AS "r0" WHERE EXISTS (SELECT FROM "public"."todos" AS "r1" WHERE "r0"."id" = "r1"."user_id" AND "r1"."done" IS TRUE) LIMIT $2) AS t) AS r;
-- ["1000","1000","v","10485760"]

-- filters by the absence of a child
-- GET users?select=id,profiles()&profiles=is.null
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."users" AS "r0" WHERE NOT EXISTS (SELECT FROM "public"."profiles" AS "r1" WHERE "r0"."id" = "r1"."user_id") LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- filters by the presence of a child in a tree
-- GET todos?select=id,users(),labels()&or=(users.is.null,labels.not.is.null)&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id" FROM "public"."todos" AS "r0" WHERE (NOT EXISTS (SELECT FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") OR EXISTS (SELECT FROM "public"."labels" AS "r3" CROSS JOIN "public"."todo_labels" AS "r2" WHERE "r0"."id" = "r2"."todo_id" AND "r3"."id" = "r2"."label_id")) ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- refuses other filters on an embed
-- GET users?select=id,profiles()&profiles=eq.1
-- 400 PGRST120 Bad operator on the 'profiles' embedded resource

-- spreads a parent
-- GET todos?select=id,...users(owner:name)&order=id&id=gte.3
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "r2"."owner" AS "owner" FROM "public"."todos" AS "r0" LEFT JOIN LATERAL (SELECT "r1"."name" AS "owner" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS "r2" ON true WHERE "r0"."id" >= $1 ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["3","1000","v","10485760"]

-- spreads children into arrays
-- GET users?select=id,...todos(titles:title,done)&id=eq.1&todos.order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "r2"."titles" AS "titles", "r2"."done" AS "done" FROM "public"."users" AS "r0" LEFT JOIN LATERAL (SELECT coalesce(pg_catalog.json_agg(e."titles"), '[]') AS "titles", coalesce(pg_catalog.json_agg(e."done"), '[]') AS "done" FROM (SELECT "r1"."title" AS "titles", "r1"."done" AS "done" FROM "public"."todos" AS "r1" WHERE "r0"."id" = "r1"."user_id" ORDER BY "r1"."id" LIMIT $1) AS e) AS "r2" ON true WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["1000","1","1000","v","10485760"]

-- orders by a column of a parent
-- GET todos?select=id,users(name)&order=users(name).desc.nullslast,id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS e) AS "users" FROM "public"."todos" AS "r0" ORDER BY (SELECT "r1"."name" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id" LIMIT 1) DESC NULLS LAST, "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- refuses to order by children
-- GET users?select=id,todos(id)&order=todos(id)
-- 400 PGRST118 A related order on 'todos' is not possible

-- embeds the rows that point to a row of the same table
-- GET staff?select=id,staff(id)&id=eq.1&staff.order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."id" AS "id" FROM "public"."staff" AS "r1" WHERE "r0"."id" = "r1"."boss_id" ORDER BY "r1"."id" LIMIT $1) AS e) AS "staff" FROM "public"."staff" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["1000","1","1000","v","10485760"]

-- embeds the row that a row of the same table points to
-- GET staff?select=id,boss:boss_id(name)&id=eq.2
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."staff" AS "r1" WHERE "r0"."boss_id" = "r1"."id") AS e) AS "boss" FROM "public"."staff" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["2","1000","v","10485760"]

-- filters by the column that an aliased embed goes by
-- GET staff?select=id,boss:boss_id(name)&boss_id=eq.1&id=eq.2
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."staff" AS "r1" WHERE "r0"."boss_id" = "r1"."id") AS e) AS "boss" FROM "public"."staff" AS "r0" WHERE "r0"."boss_id" = $1 AND "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["1","2","1000","v","10485760"]

-- filters an aliased embed by its alias, and by the name of its target
-- GET users?select=id,mine:todos(id)&mine.id=eq.1&todos.done=is.false&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."id" AS "id" FROM "public"."todos" AS "r1" WHERE "r0"."id" = "r1"."user_id" AND "r1"."id" = $1 AND "r1"."done" IS FALSE LIMIT $2) AS e) AS "mine" FROM "public"."users" AS "r0" WHERE "r0"."id" = $3 LIMIT $4) AS t) AS r;
-- ["1","1000","1","1000","v","10485760"]

-- tells relationships apart by hints
-- GET messages?select=from:users!sender(name),to:users!messages_receiver_fkey(name)
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."users" AS "r1" WHERE "r0"."sender" = "r1"."id") AS e) AS "from", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r2"."name" AS "name" FROM "public"."users" AS "r2" WHERE "r0"."receiver" = "r2"."id") AS e) AS "to" FROM "public"."messages" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- tells the two ways through a junction of a table with itself apart
-- GET users?select=id,follows:users!friends_a_fkey(id),followed:users!friends_b_fkey(id)&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r2"."id" AS "id" FROM "public"."users" AS "r2" CROSS JOIN "public"."friends" AS "r1" WHERE "r0"."id" = "r1"."a" AND "r2"."id" = "r1"."b" LIMIT $1) AS e) AS "follows", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r4"."id" AS "id" FROM "public"."users" AS "r4" CROSS JOIN "public"."friends" AS "r3" WHERE "r0"."id" = "r3"."b" AND "r4"."id" = "r3"."a" LIMIT $2) AS e) AS "followed" FROM "public"."users" AS "r0" ORDER BY "r0"."id" LIMIT $3) AS t) AS r;
-- ["1000","1000","1000","v","10485760"]

-- lists the relationships where several are meant
-- GET messages?select=users(name)
-- 300 PGRST201 Could not embed because more than one relationship was found for 'messages' and 'users'

-- says which relationship was searched for
-- GET users?select=todo(id)
-- 400 PGRST200 Could not find a relationship between 'users' and 'todo' in the schema cache

-- embeds computed relationships
-- GET users?select=id,open_todos(title)&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."title" AS "title" FROM "public"."open_todos"("r0".*) AS "r1" WHERE true LIMIT $1) AS e) AS "open_todos" FROM "public"."users" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["1000","1","1000","v","10485760"]

-- holds a computed relationship to one row where it promises one
-- GET users?select=id,newest(title)&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."title" AS "title" FROM "public"."newest"("r0".*) AS "r1" WHERE true LIMIT $1) AS e) AS "newest" FROM "public"."users" AS "r0" ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- counts children without permission to aggregate
-- GET users?select=id,todos(count)&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT pg_catalog.count(*) AS "count" FROM "public"."todos" AS "r1" WHERE "r0"."id" = "r1"."user_id" LIMIT $1) AS e) AS "todos" FROM "public"."users" AS "r0" ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["1000","1000","v","10485760"]

-- refuses filters of what is not embedded
-- GET users?todos.id=eq.1
-- 400 PGRST108 'todos' is not an embedded resource in this request

-- embeds from a view by the keys of its table
-- GET todo_heads?select=title,users(name),people(full_name)&todo_id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."title" AS "title", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."users" AS "r1" WHERE "r0"."owner" = "r1"."id") AS e) AS "users", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r2"."full_name" AS "full_name" FROM "public"."people" AS "r2" WHERE "r0"."owner" = "r2"."id") AS e) AS "people" FROM "public"."todo_heads" AS "r0" WHERE "r0"."todo_id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- embeds a view of a view
-- GET people?select=full_name,todo_heads_2("the id")&id=eq.2
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."full_name" AS "full_name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."the id" AS "the id" FROM "public"."todo_heads_2" AS "r1" WHERE "r0"."id" = "r1"."owner" LIMIT $1) AS e) AS "todo_heads_2" FROM "public"."people" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["1000","2","1000","v","10485760"]

-- embeds an unsafe view as little as it reads it
-- GET users?select=id,todos_plain(id)
-- 403 DB9203 The view 'todos_plain' reads with the rights of its owner

-- groups by the other columns
-- GET todos?select=user_id,priority.sum(),n:id.count()&order=user_id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."user_id" AS "user_id", pg_catalog.sum("r0"."priority") AS "sum", pg_catalog.count("r0"."id") AS "n" FROM "public"."todos" AS "r0" GROUP BY 1 ORDER BY "r0"."user_id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- casts before and after aggregating
-- GET todos?select=total:priority::float8.sum()::text
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT CAST(pg_catalog.sum(CAST("r0"."priority" AS "float8")) AS "text") AS "total" FROM "public"."todos" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- refuses to order by what is not grouped
-- GET todos?select=priority.sum(),users(name)&user_id=not.is.null&order=user_id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT pg_catalog.sum("r0"."priority") AS "sum", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS e)::jsonb AS "users" FROM "public"."todos" AS "r0" WHERE NOT ("r0"."user_id" IS NULL) GROUP BY 2 ORDER BY "r0"."user_id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- groups by embedded objects
-- GET todos?select=user_id,priority.sum(),users(name)&user_id=not.is.null&order=user_id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."user_id" AS "user_id", pg_catalog.sum("r0"."priority") AS "sum", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS e)::jsonb AS "users" FROM "public"."todos" AS "r0" WHERE NOT ("r0"."user_id" IS NULL) GROUP BY 1, 3 ORDER BY "r0"."user_id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- groups by spread columns
-- GET todos?select=priority.sum(),...users(owner:name)&user_id=not.is.null&id=lte.2
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT pg_catalog.sum("r0"."priority") AS "sum", "r2"."owner" AS "owner" FROM "public"."todos" AS "r0" LEFT JOIN LATERAL (SELECT "r1"."name" AS "owner" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS "r2" ON true WHERE NOT ("r0"."user_id" IS NULL) AND "r0"."id" <= $1 GROUP BY 2 LIMIT $2) AS t) AS r;
-- ["2","1000","v","10485760"]

-- aggregates spread columns over the rows of the parent
-- GET todos?select=done,...users(user_id:id.max(),n:count())&order=done
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."done" AS "done", pg_catalog.max("r2"."r1 0") AS "user_id", pg_catalog.count("r2"."r1 1") AS "n" FROM "public"."todos" AS "r0" LEFT JOIN LATERAL (SELECT "r1"."id" AS "r1 0", true AS "r1 1" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS "r2" ON true GROUP BY 1 ORDER BY "r0"."done" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- aggregates through several spreads
-- GET todo_labels?select=label_id,...todos(...users(first:id.min()))&order=label_id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."label_id" AS "label_id", pg_catalog.min("r4"."r1 0") AS "first" FROM "public"."todo_labels" AS "r0" LEFT JOIN LATERAL (SELECT "r3"."r2 0" AS "r1 0" FROM "public"."todos" AS "r1" LEFT JOIN LATERAL (SELECT "r2"."id" AS "r2 0" FROM "public"."users" AS "r2" WHERE "r1"."user_id" = "r2"."id") AS "r3" ON true WHERE "r0"."todo_id" = "r1"."id") AS "r4" ON true GROUP BY 1 ORDER BY "r0"."label_id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- does not aggregate in spreads of children
-- GET users?select=id,...todos(priority.sum())
-- 400 PGRST127 Feature not implemented

-- counts groups
-- GET todos?select=user_id,priority.sum()&order=user_id&limit=1 | prefer: count=exact
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM (SELECT "r0"."user_id" AS "user_id", pg_catalog.sum("r0"."priority") AS "sum" FROM "public"."todos" AS "r0" GROUP BY 1) AS g) AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."user_id" AS "user_id", pg_catalog.sum("r0"."priority") AS "sum" FROM "public"."todos" AS "r0" GROUP BY 1 ORDER BY "r0"."user_id" LIMIT $1) AS t) AS r;
-- ["1","v","10485760"]

-- spreads inside what is embedded through a junction
-- GET labels?select=label,todos(title,...users(owner:name))&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."label" AS "label", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r2"."title" AS "title", "r4"."owner" AS "owner" FROM "public"."todos" AS "r2" CROSS JOIN "public"."todo_labels" AS "r1" LEFT JOIN LATERAL (SELECT "r3"."name" AS "owner" FROM "public"."users" AS "r3" WHERE "r2"."user_id" = "r3"."id") AS "r4" ON true WHERE "r0"."id" = "r1"."label_id" AND "r2"."id" = "r1"."todo_id" LIMIT $1) AS e) AS "todos" FROM "public"."labels" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["1000","1","1000","v","10485760"]

-- refuses aggregates where they are off
-- GET todos?select=count()
-- 400 PGRST123 Use of aggregate functions is not allowed

-- inserts and says nothing
-- POST labels | "{\"id\":9,\"label\":\"x\"}"
WITH w AS (INSERT INTO "public"."labels" AS t ("id", "label") SELECT b."id", b."label" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "label" "pg_catalog"."text") RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"id\":9,\"label\":\"x\"}]","v","10485760"]

-- inserts many and returns them with what they embed
-- POST todos?select=title,users(name) | prefer: return=representation | "[{\"title\":\"a\",\"user_id\":2},{\"title\":\"b\",\"user_id\":1}]"
WITH w AS (INSERT INTO "public"."todos" AS t ("title", "user_id") SELECT b."title", b."user_id" FROM pg_catalog.json_to_recordset($1::json) AS b ("title" "pg_catalog"."text", "user_id" "pg_catalog"."int4") RETURNING t."title" AS "title", t."user_id" AS "user_id") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."title" AS "title", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS e) AS "users" FROM w AS "r0") AS t) AS r;
-- ["[{\"title\":\"a\",\"user_id\":2},{\"title\":\"b\",\"user_id\":1}]","v","10485760"]

-- says where the inserted row is
-- POST composite_key | prefer: return=headers-only | "{\"a\":7,\"b\":\"p q\"}"
WITH w AS (INSERT INTO "public"."composite_key" AS t ("a", "b") SELECT b."a", b."b" FROM pg_catalog.json_to_recordset($1::json) AS b ("a" "pg_catalog"."int4", "b" "pg_catalog"."text") RETURNING t."a" AS "a", t."b" AS "b") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, (SELECT CASE WHEN pg_catalog.count(*) = 1 THEN pg_catalog.json_build_array(pg_catalog.min(w."a"::text), pg_catalog.min(w."b"::text)) END FROM w) AS location) AS r;
-- ["[{\"a\":7,\"b\":\"p q\"}]","v","10485760"]

-- counts what it inserted
-- POST labels | prefer: count=exact | "[{\"id\":8},{\"id\":9}]"
WITH w AS (INSERT INTO "public"."labels" AS t ("id") SELECT b."id" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4") RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"id\":8},{\"id\":9}]","v","10485760"]

-- inserts nothing from an empty array
-- POST labels | prefer: return=representation | "[]"
WITH w AS (INSERT INTO "public"."labels" AS t SELECT FROM pg_catalog.json_array_elements($1::json) AS b RETURNING t."id" AS "id", t."label" AS "label") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."label" FROM w AS "r0") AS t) AS r;
-- ["[]","v","10485760"]

-- inserts defaults from empty objects
-- POST messages?select=body | prefer: return=representation | "{}"
WITH w AS (INSERT INTO "public"."messages" AS t SELECT FROM pg_catalog.json_array_elements($1::json) AS b RETURNING t."body" AS "body") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."body" AS "body" FROM w AS "r0") AS t) AS r;
-- ["[{}]","v","10485760"]

-- refuses objects with different keys
-- POST labels | "[{\"id\":8},{\"label\":\"x\"}]"
-- 400 PGRST102 All object keys must match

-- takes the named columns alone
-- POST labels?columns=id,label | prefer: return=representation | "[{\"id\":8,\"x\":1},{\"id\":9,\"label\":\"l\"}]"
WITH w AS (INSERT INTO "public"."labels" AS t ("id", "label") SELECT b."id", b."label" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "label" "pg_catalog"."text") RETURNING t."id" AS "id", t."label" AS "label") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."label" FROM w AS "r0") AS t) AS r;
-- ["[{\"id\":8,\"x\":1},{\"id\":9,\"label\":\"l\"}]","v","10485760"]

-- fills missing keys with defaults
-- POST todos?columns=title,priority,done&select=title,priority,done | prefer: return=representation, missing=default | "[{\"title\":\"a\"},{\"title\":\"b\",\"priority\":null,\"done\":true}]"
WITH w AS (INSERT INTO "public"."todos" AS t ("title", "priority", "done") SELECT b."title", b."priority", b."done" FROM pg_catalog.jsonb_to_recordset((SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object($2::text, (1), $3::text, (false)) || d.value), '[]') FROM pg_catalog.jsonb_array_elements($1::jsonb) AS d)) AS b ("title" "pg_catalog"."text", "priority" "pg_catalog"."int4", "done" "pg_catalog"."bool") RETURNING t."title" AS "title", t."priority" AS "priority", t."done" AS "done") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."title" AS "title", "r0"."priority" AS "priority", "r0"."done" AS "done" FROM w AS "r0") AS t) AS r;
-- ["[{\"title\":\"a\"},{\"title\":\"b\",\"priority\":null,\"done\":true}]","priority","done","v","10485760"]

-- refuses an unknown column
-- POST labels | "{\"nope\":1}"
-- 400 PGRST204 Could not find the 'nope' column of 'labels' in the schema cache

-- refuses a body that is no JSON
-- POST labels | "{\"id\":"
-- 400 PGRST102 Empty or invalid json

-- inserts CSV, the word NULL as null
-- POST labels | prefer: return=representation | content-type: text/csv | "id,label\n8,\"a, \"\"b\"\"\"\n9,NULL\n"
WITH w AS (INSERT INTO "public"."labels" AS t ("id", "label") SELECT b."id", b."label" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "label" "pg_catalog"."text") RETURNING t."id" AS "id", t."label" AS "label") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."label" FROM w AS "r0") AS t) AS r;
-- ["[{\"id\":\"8\",\"label\":\"a, \\\"b\\\"\"},{\"id\":\"9\",\"label\":null}]","v","10485760"]

-- inserts a form
-- POST labels | prefer: return=representation | content-type: application/x-www-form-urlencoded | "id=8&label=a+b%26c"
WITH w AS (INSERT INTO "public"."labels" AS t ("id", "label") SELECT b."id", b."label" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "label" "pg_catalog"."text") RETURNING t."id" AS "id", t."label" AS "label") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."label" FROM w AS "r0") AS t) AS r;
-- ["[{\"id\":\"8\",\"label\":\"a b&c\"}]","v","10485760"]

-- merges duplicates and answers 201 where a row is new
-- POST labels | prefer: return=representation, resolution=merge-duplicates | "[{\"id\":1,\"label\":\"RED\"},{\"id\":9,\"label\":\"blue\"}]"
WITH w AS (INSERT INTO "public"."labels" AS t ("id", "label") SELECT b."id", b."label" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "label" "pg_catalog"."text") ON CONFLICT ("id") DO UPDATE SET "id" = EXCLUDED."id", "label" = EXCLUDED."label" WHERE pg_catalog.set_config('db9.merged', (coalesce(nullif(pg_catalog.current_setting('db9.merged', true), ''), '0')::int4 + 1)::text, true) <> '' RETURNING t."id" AS "id", t."label" AS "label") SELECT r.total, r.page, r.body, r.location, nullif(pg_catalog.current_setting('db9.merged', true), ''), nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."label" FROM w AS "r0") AS t) AS r;
-- ["[{\"id\":1,\"label\":\"RED\"},{\"id\":9,\"label\":\"blue\"}]","v","10485760"]

-- merges duplicates and answers 200 where none is new
-- POST labels | prefer: resolution=merge-duplicates | "[{\"id\":1,\"label\":\"RED\"}]"
WITH w AS (INSERT INTO "public"."labels" AS t ("id", "label") SELECT b."id", b."label" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "label" "pg_catalog"."text") ON CONFLICT ("id") DO UPDATE SET "id" = EXCLUDED."id", "label" = EXCLUDED."label" WHERE pg_catalog.set_config('db9.merged', (coalesce(nullif(pg_catalog.current_setting('db9.merged', true), ''), '0')::int4 + 1)::text, true) <> '' RETURNING 1) SELECT r.total, r.page, r.body, r.location, nullif(pg_catalog.current_setting('db9.merged', true), ''), nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"id\":1,\"label\":\"RED\"}]","v","10485760"]

-- ignores duplicates of the columns named
-- POST labels?on_conflict=label | prefer: return=representation, resolution=ignore-duplicates | "[{\"id\":77,\"label\":\"red\"},{\"id\":78,\"label\":\"new\"}]"
WITH w AS (INSERT INTO "public"."labels" AS t ("id", "label") SELECT b."id", b."label" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4", "label" "pg_catalog"."text") ON CONFLICT ("label") DO NOTHING RETURNING t."id" AS "id", t."label" AS "label") SELECT r.total, r.page, r.body, r.location, nullif(pg_catalog.current_setting('db9.merged', true), ''), nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."label" FROM w AS "r0") AS t) AS r;
-- ["[{\"id\":77,\"label\":\"red\"},{\"id\":78,\"label\":\"new\"}]","v","10485760"]

-- answers 409 to a duplicate
-- POST labels | "{\"id\":1}"
WITH w AS (INSERT INTO "public"."labels" AS t ("id") SELECT b."id" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4") RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"id\":1}]","v","10485760"]

-- updates what the filters find
-- PATCH todos?id=eq.1&select=id,priority,full_title | prefer: return=representation | "{\"priority\":8}"
WITH w AS (UPDATE "public"."todos" AS t SET "priority" = b."priority" FROM (SELECT * FROM pg_catalog.json_to_recordset($1::json) AS b ("priority" "pg_catalog"."int4") LIMIT 1) AS b WHERE t."id" = $2 RETURNING t."id" AS "id", t."priority" AS "priority", t.*::"public"."todos" AS "db9 row") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "r0"."priority" AS "priority", "public"."full_title"("r0"."db9 row") AS "full_title" FROM w AS "r0") AS t) AS r;
-- ["[{\"priority\":8}]","1","v","10485760"]

-- updates and says nothing
-- PATCH todos?id=in.(1,2) | prefer: count=exact | "{\"priority\":8}"
WITH w AS (UPDATE "public"."todos" AS t SET "priority" = b."priority" FROM (SELECT * FROM pg_catalog.json_to_recordset($1::json) AS b ("priority" "pg_catalog"."int4") LIMIT 1) AS b WHERE t."id" = ANY ($2) RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"priority\":8}]","{\"1\",\"2\"}","v","10485760"]

-- updates nothing without columns
-- PATCH todos?id=eq.1 | prefer: return=representation | "{}"
WITH w AS (SELECT t."id" AS "id", t."title" AS "title", t."done" AS "done", t."priority" AS "priority", t."user_id" AS "user_id", t."data" AS "data", t."due at" AS "due at", t."created_at" AS "created_at" FROM "public"."todos" AS t WHERE false) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $1 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $2 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."title", "r0"."done", "r0"."priority", "r0"."user_id", "r0"."data", "r0"."due at", "r0"."created_at" FROM w AS "r0") AS t) AS r;
-- ["v","10485760"]

-- keeps every digit of what it writes
-- PATCH documents?id=eq.1&select=big,num | prefer: return=representation | "{\"big\":9007199254740995,\"num\":1.20}"
WITH w AS (UPDATE "public"."documents" AS t SET "big" = b."big", "num" = b."num" FROM (SELECT * FROM pg_catalog.json_to_recordset($1::json) AS b ("big" "pg_catalog"."int8", "num" "pg_catalog"."numeric") LIMIT 1) AS b WHERE t."id" = $2 RETURNING t."big" AS "big", t."num" AS "num") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."big" AS "big", "r0"."num" AS "num" FROM w AS "r0") AS t) AS r;
-- ["[{\"big\":9007199254740995,\"num\":1.20}]","1","v","10485760"]

-- deletes and returns what was
-- DELETE labels?id=eq.2&select=label | prefer: return=representation
WITH w AS (DELETE FROM "public"."labels" AS t WHERE t."id" = $1 RETURNING t."label" AS "label") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."label" AS "label" FROM w AS "r0") AS t) AS r;
-- ["2","v","10485760"]

-- deletes and embeds from the row that was
-- DELETE todos?id=eq.2&select=id,users(name) | prefer: return=representation
WITH w AS (DELETE FROM "public"."todos" AS t WHERE t."id" = $1 RETURNING t."id" AS "id", t."user_id" AS "user_id") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS e) AS "users" FROM w AS "r0") AS t) AS r;
-- ["2","v","10485760"]

-- deletes nothing without complaint
-- DELETE todos?id=eq.99
WITH w AS (DELETE FROM "public"."todos" AS t WHERE t."id" = $1 RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["99","v","10485760"]

-- refuses to affect more than allowed
-- PATCH todos?id=lte.3 | prefer: handling=strict, max-affected=2 | "{\"priority\":0}"
WITH w AS (UPDATE "public"."todos" AS t SET "priority" = b."priority" FROM (SELECT * FROM pg_catalog.json_to_recordset($1::json) AS b ("priority" "pg_catalog"."int4") LIMIT 1) AS b WHERE t."id" <= $2 RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) WHEN r.page > $5 THEN db9.raise('DB003', r.page::text, NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"priority\":0}]","3","v","10485760","2"]

-- refuses to write several rows as an object
-- PATCH todos?id=lte.3 | accept: application/vnd.pgrst.object+json | prefer: return=representation | "{\"priority\":0}"
WITH w AS (UPDATE "public"."todos" AS t SET "priority" = b."priority" FROM (SELECT * FROM pg_catalog.json_to_recordset($1::json) AS b ("priority" "pg_catalog"."int4") LIMIT 1) AS b WHERE t."id" <= $2 RETURNING t."id" AS "id", t."title" AS "title", t."done" AS "done", t."priority" AS "priority", t."user_id" AS "user_id", t."data" AS "data", t."due at" AS "due at", t."created_at" AS "created_at") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) WHEN r.page <> 1 THEN db9.raise('DB002', r.page::text, NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."title", "r0"."done", "r0"."priority", "r0"."user_id", "r0"."data", "r0"."due at", "r0"."created_at" FROM w AS "r0") AS t) AS r;
-- ["[{\"priority\":0}]","3","v","10485760"]

-- refuses unknown preferences under strict handling
-- GET todos | prefer: handling=strict, foo, count=exact, bar=1
-- 400 PGRST122 Invalid preferences given with handling=strict

-- rolls back where asked to
-- POST labels | prefer: tx=rollback, return=representation | "{\"id\":9}"
WITH w AS (INSERT INTO "public"."labels" AS t ("id") SELECT b."id" FROM pg_catalog.json_to_recordset($1::json) AS b ("id" "pg_catalog"."int4") RETURNING t."id" AS "id", t."label" AS "label") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id", "r0"."label" FROM w AS "r0") AS t) AS r;
-- ["[{\"id\":9}]","v","10485760"]

-- replaces a row with PUT
-- PUT composite_key?a=eq.1&b=eq.x | prefer: return=representation | "{\"a\":1,\"b\":\"x\",\"v\":\"two\"}"
WITH w AS (INSERT INTO "public"."composite_key" AS t ("a", "b", "v") SELECT b."a", b."b", b."v" FROM pg_catalog.json_to_recordset($3::json) AS b ("a" "pg_catalog"."int4", "b" "pg_catalog"."text", "v" "pg_catalog"."text") WHERE b."a" = $1 AND b."b" = $2 ON CONFLICT ("a", "b") DO UPDATE SET "a" = EXCLUDED."a", "b" = EXCLUDED."b", "v" = EXCLUDED."v" WHERE pg_catalog.set_config('db9.merged', (coalesce(nullif(pg_catalog.current_setting('db9.merged', true), ''), '0')::int4 + 1)::text, true) <> '' RETURNING t."a" AS "a", t."b" AS "b", t."v" AS "v") SELECT r.total, r.page, r.body, r.location, nullif(pg_catalog.current_setting('db9.merged', true), ''), nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) WHEN r.page <> 1 THEN db9.raise('DB004', r.page::text, NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."a", "r0"."b", "r0"."v" FROM w AS "r0") AS t) AS r;
-- ["1","x","[{\"a\":1,\"b\":\"x\",\"v\":\"two\"}]","v","10485760"]

-- makes a row with PUT
-- PUT composite_key?a=eq.1&b=eq.z | prefer: return=representation | "[{\"a\":1,\"b\":\"z\",\"v\":\"two\"}]"
WITH w AS (INSERT INTO "public"."composite_key" AS t ("a", "b", "v") SELECT b."a", b."b", b."v" FROM pg_catalog.json_to_recordset($3::json) AS b ("a" "pg_catalog"."int4", "b" "pg_catalog"."text", "v" "pg_catalog"."text") WHERE b."a" = $1 AND b."b" = $2 ON CONFLICT ("a", "b") DO UPDATE SET "a" = EXCLUDED."a", "b" = EXCLUDED."b", "v" = EXCLUDED."v" WHERE pg_catalog.set_config('db9.merged', (coalesce(nullif(pg_catalog.current_setting('db9.merged', true), ''), '0')::int4 + 1)::text, true) <> '' RETURNING t."a" AS "a", t."b" AS "b", t."v" AS "v") SELECT r.total, r.page, r.body, r.location, nullif(pg_catalog.current_setting('db9.merged', true), ''), nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) WHEN r.page <> 1 THEN db9.raise('DB004', r.page::text, NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."a", "r0"."b", "r0"."v" FROM w AS "r0") AS t) AS r;
-- ["1","z","[{\"a\":1,\"b\":\"z\",\"v\":\"two\"}]","v","10485760"]

-- refuses a PUT of another row than it names
-- PUT composite_key?a=eq.1&b=eq.x | "{\"a\":1,\"b\":\"q\",\"v\":\"two\"}"
WITH w AS (INSERT INTO "public"."composite_key" AS t ("a", "b", "v") SELECT b."a", b."b", b."v" FROM pg_catalog.json_to_recordset($3::json) AS b ("a" "pg_catalog"."int4", "b" "pg_catalog"."text", "v" "pg_catalog"."text") WHERE b."a" = $1 AND b."b" = $2 ON CONFLICT ("a", "b") DO UPDATE SET "a" = EXCLUDED."a", "b" = EXCLUDED."b", "v" = EXCLUDED."v" WHERE pg_catalog.set_config('db9.merged', (coalesce(nullif(pg_catalog.current_setting('db9.merged', true), ''), '0')::int4 + 1)::text, true) <> '' RETURNING 1) SELECT r.total, r.page, r.body, r.location, nullif(pg_catalog.current_setting('db9.merged', true), ''), nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) WHEN r.page <> 1 THEN db9.raise('DB004', r.page::text, NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["1","x","[{\"a\":1,\"b\":\"q\",\"v\":\"two\"}]","v","10485760"]

-- refuses a PUT that names no whole key
-- PUT composite_key?a=eq.1 | "{\"a\":1,\"b\":\"q\"}"
-- 405 PGRST105 Filters must include all and only primary key columns with 'eq' operators

-- refuses a PUT with a limit
-- PUT composite_key?a=eq.1&b=eq.x&limit=1 | "{\"a\":1,\"b\":\"x\"}"
-- 400 PGRST114 limit/offset querystring parameters are not allowed for PUT

-- holds writes against policies, 401 for a visitor
-- POST todos | "{\"title\":\"forbidden\"}"
WITH w AS (INSERT INTO "public"."todos" AS t ("title") SELECT b."title" FROM pg_catalog.json_to_recordset($1::json) AS b ("title" "pg_catalog"."text") RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"title\":\"forbidden\"}]","v","10485760"]

-- holds writes against policies, 403 for a user
-- POST todos | "{\"title\":\"forbidden\"}"
WITH w AS (INSERT INTO "public"."todos" AS t ("title") SELECT b."title" FROM pg_catalog.json_to_recordset($1::json) AS b ("title" "pg_catalog"."text") RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"title\":\"forbidden\"}]","v","10485760"]

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
WITH f AS (SELECT c."title" AS "title", c."user_id" AS "user_id", c."id" AS "id" FROM "public"."todos_of"("owner" := $1::"pg_catalog"."int4") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT (SELECT pg_catalog.count(*) FROM f AS "r0") AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."title" AS "title", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS e) AS "users" FROM f AS "r0" ORDER BY "r0"."id" DESC LIMIT $2) AS t) AS r;
-- ["1","1","v","10485760"]

-- computes fields of what a function returns
-- GET rpc/todos_of?owner=1&select=full_title&done=is.false&full_title=like.w*
WITH f AS (SELECT c.*::"public"."todos" AS "db9 row", c."done" AS "done" FROM "public"."todos_of"("owner" := $1::"pg_catalog"."int4") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "public"."full_title"("r0"."db9 row") AS "full_title" FROM f AS "r0" WHERE "r0"."done" IS FALSE AND "public"."full_title"("r0"."db9 row") LIKE $2 LIMIT $3) AS t) AS r;
-- ["1","w%","1000","v","10485760"]

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
WITH f AS (SELECT c."y" AS "y", c."x" AS "x" FROM "public"."pairs"() AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."y" AS "y" FROM f AS "r0" WHERE "r0"."x" = $1 LIMIT $2) AS t) AS r;
-- ["2","1000","v","10485760"]

-- returns OUT parameters as an object
-- GET rpc/both
WITH f AS MATERIALIZED (SELECT c."a" AS "a", c."b" AS "b" FROM "public"."both"() AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."a", "r0"."b" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- returns composite types that are no tables
-- GET rpc/composites?select=b
WITH f AS (SELECT c."b" AS "b" FROM "public"."composites"() AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."b" AS "b" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

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
WITH f AS MATERIALIZED (SELECT "public"."touch"() AS "touch") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $1 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $2 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM f) AS r;
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
WITH f AS MATERIALIZED (SELECT c."name" AS "name" FROM pg_catalog.json_to_record($1::json) AS a ("id" "pg_catalog"."int4", "name" "pg_catalog"."text"), LATERAL "public"."add_user"("id" := a."id", "name" := a."name") AS c) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t.*)->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name" FROM f AS "r0" LIMIT $2) AS t) AS r;
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
WITH f AS MATERIALIZED (SELECT c."set_reply" AS "set_reply" FROM "public"."set_reply"() AS c("set_reply")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."set_reply")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."set_reply" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- lets functions raise a status
-- POST rpc/teapot
WITH f AS MATERIALIZED (SELECT c."teapot" AS "teapot" FROM "public"."teapot"() AS c("teapot")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."teapot")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."teapot" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- answers 404 to an unknown table and suggests one
-- GET todo
-- 404 PGRST205 Could not find the table 'public.todo' in the schema cache

-- answers to an unlisted table as to none, and suggests none
-- GET hiddn
-- 404 PGRST205 Could not find the table 'public.hiddn' in the schema cache

-- does not embed an unlisted table
-- GET users?select=id,hidden(secret)
-- 400 PGRST200 Could not find a relationship between 'users' and 'hidden' in the schema cache

-- does not embed through an unlisted junction
-- GET todos?select=id,labels(label)
-- 400 PGRST200 Could not find a relationship between 'todos' and 'labels' in the schema cache

-- does not return rows of an unlisted table from a function
-- GET rpc/hidden_rows
-- 404 PGRST202 Could not find the function public.hidden_rows without parameters in the schema cache

-- does not call an unlisted function beside a list of tables
-- GET rpc/add?a=1
-- 404 PGRST202 Could not find the function public.add(a) in the schema cache

-- calls a listed function
-- GET rpc/add?a=1
WITH f AS MATERIALIZED (SELECT c."add" AS "add" FROM "public"."add"("a" := $1::"pg_catalog"."int4") AS c("add")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."add")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."add" FROM f AS "r0" LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- does not compute fields with an unlisted function
-- GET todos?select=full_title
-- 400 42703 column todos.full_title does not exist

-- does not compute rows of an unlisted table
-- GET users?select=secret_of
-- 400 42703 column users.secret_of does not exist

-- does not compute arrays of rows of an unlisted table
-- GET users?select=secrets_of
-- 400 42703 column users.secrets_of does not exist

-- does not compute rows of an unsafe table
-- GET users?select=naked_of
-- 403 DB9201 Row level security is not enabled on 'naked'

-- computes rows of a listed table
-- GET users?select=secret_of->secret&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT (pg_catalog.to_jsonb("public"."secret_of"("r0".*))->$1::pg_catalog.text) AS "secret" FROM "public"."users" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["secret","1","1000","v","10485760"]

-- does not call a SECURITY DEFINER function
-- GET rpc/definer
-- 404 PGRST202 Could not find the function public.definer without parameters in the schema cache

-- calls a SECURITY DEFINER function that is named
-- GET rpc/definer
WITH f AS MATERIALIZED (SELECT c."definer" AS "definer" FROM "public"."definer"() AS c("definer")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."definer")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."definer" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- does not name an unlisted table in errors
-- POST todos | "{\"title\":\"x\",\"user_id\":99}"
WITH w AS (INSERT INTO "public"."todos" AS t ("title", "user_id") SELECT b."title", b."user_id" FROM pg_catalog.json_to_recordset($1::json) AS b ("title" "pg_catalog"."text", "user_id" "pg_catalog"."int4") RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
-- ["[{\"title\":\"x\",\"user_id\":99}]","v","10485760"]

-- does not expose partitions by name
-- GET measures_2026
-- 404 PGRST205 Could not find the table 'public.measures_2026' in the schema cache

-- exposes partitioned tables
-- GET measures
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."measures" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- has no system columns
-- GET todos?select=ctid
-- 400 42703 column todos.ctid does not exist

-- does not cast to types that tell names
-- GET todos?select=id::regclass
-- 400 42704 type "regclass" does not exist

-- has no nested paths
-- GET a/b
-- 404 PGRST125 Invalid path specified in request URL

-- refuses a table without row level security
-- GET naked
-- 403 DB9201 Row level security is not enabled on 'naked'

-- reads a table without row level security where the key allows it
-- GET naked
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."naked" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- refuses a table whose policies do not bind its owner
-- GET owned
-- 403 DB9202 'owned' is owned by a role of the data plane, which its policies do not bind

-- refuses a view with the rights of its owner
-- GET todos_plain
-- 403 DB9203 The view 'todos_plain' reads with the rights of its owner

-- reads a view with the rights of the caller
-- GET todos_chain?id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0".* FROM "public"."todos_chain" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- refuses a view of an unsafe table
-- GET naked_view
-- 403 DB9204 The view 'naked_view' reads a relation without row level security

-- refuses a view of a view of an unsafe table
-- GET naked_chain
-- 403 DB9204 The view 'naked_chain' reads a relation without row level security

-- refuses a view of system tables
-- GET system_view
-- 403 DB9204 The view 'system_view' reads a relation without row level security

-- refuses a materialized view
-- GET todos_mat
-- 403 DB9205 'todos_mat' is a materialized view, which has no row level security

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
