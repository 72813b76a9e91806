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

-- does not call a SECURITY DEFINER function, and says why
-- GET rpc/definer
-- 403 DB9208 The function 'public.definer' is SECURITY DEFINER, and exposed_functions of the key does not name it

-- hides a SECURITY DEFINER function behind a list of tables
-- GET rpc/definer
-- 404 PGRST202 Could not find the function public.definer without parameters in the schema cache

-- does not tell a SECURITY DEFINER function by arguments that it does not take
-- GET rpc/definer?a=1
-- 404 PGRST202 Could not find the function public.definer(a) in the schema cache

-- calls a SECURITY DEFINER function where the key exposes all functions
-- GET rpc/definer
WITH f AS MATERIALIZED (SELECT c."definer" AS "definer" FROM "public"."definer"() AS c("definer")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."definer")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."definer" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- calls a SECURITY DEFINER function where the key exposes all functions, and a list of tables
-- GET rpc/definer
WITH f AS MATERIALIZED (SELECT c."definer" AS "definer" FROM "public"."definer"() AS c("definer")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."definer")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."definer" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- calls a SECURITY DEFINER function that is named
-- GET rpc/definer
WITH f AS MATERIALIZED (SELECT c."definer" AS "definer" FROM "public"."definer"() AS c("definer")) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce((pg_catalog.json_agg(t."definer")->0)::text, 'null') AS body, NULL AS location FROM (SELECT "r0"."definer" FROM f AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- does not name an unlisted table in errors
-- POST todos | "{\"title\":\"x\",\"user_id\":99}"
WITH w AS (INSERT INTO "public"."todos" AS t ("title", "user_id") SELECT b."title", b."user_id" FROM pg_catalog.json_to_recordset($1::json) AS b ("title" "pg_catalog"."text", "user_id" "pg_catalog"."int4") RETURNING 1) SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location) AS r;
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

-- does not cast to the row type of an unlisted table
-- GET todos?select=x:title::hidden
-- 400 42704 type "hidden" does not exist

-- casts to a type that no column has as to none
-- GET todos?select=x:title::pair,y:id.max()::pair
-- 400 42704 type "pair" does not exist

-- has no nested paths
-- GET a/b
-- 404 PGRST125 Invalid path specified in request URL
