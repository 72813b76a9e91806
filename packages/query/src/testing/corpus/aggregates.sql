-- groups by the other columns
-- GET todos?select=user_id,priority.sum(),n:id.count()&order=user_id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."user_id" AS "user_id", pg_catalog.sum("r0"."priority") AS "sum", pg_catalog.count("r0"."id") AS "n" FROM "public"."todos" AS "r0" GROUP BY 1 ORDER BY "r0"."user_id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- casts before and after aggregating
-- GET todos?select=total:priority::float8.sum()::text
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT CAST(pg_catalog.sum(CAST("r0"."priority" AS "pg_catalog"."float8")) AS "pg_catalog"."text") AS "total" FROM "public"."todos" AS "r0" LIMIT $1) AS t) AS r;
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

-- orders groups by a column that is spread into them
-- GET todos?select=n:count(),...users(owner:name)&order=users(name).desc.nullslast
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT pg_catalog.count(*) AS "n", "r2"."owner" AS "owner" FROM "public"."todos" AS "r0" LEFT JOIN LATERAL (SELECT "r1"."name" AS "owner" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS "r2" ON true GROUP BY 2 ORDER BY "r2"."owner" DESC NULLS LAST LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- cannot order groups by what they are not grouped by
-- GET todos?select=n:count(),...users(owner:name)&order=users(id)
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT pg_catalog.count(*) AS "n", "r2"."owner" AS "owner" FROM "public"."todos" AS "r0" LEFT JOIN LATERAL (SELECT "r1"."name" AS "owner" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id") AS "r2" ON true GROUP BY 2 ORDER BY (SELECT "r1"."id" FROM "public"."users" AS "r1" WHERE "r0"."user_id" = "r1"."id" LIMIT 1) LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- names an aggregate that there is not as Postgres would
-- GET todos?select=data.sum()
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT pg_catalog.sum("r0"."data") AS "sum" FROM "public"."todos" AS "r0" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]
