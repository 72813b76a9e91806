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
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, CASE WHEN db9.bytes(coalesce(pg_catalog.octet_length(t."title"::text), 0)::int8, 10485760) FILTER (WHERE coalesce(pg_catalog.octet_length(t."title"::text), 0)::int8 > $4) > 10485760 THEN NULL ELSE $3 || coalesce(pg_catalog.string_agg(pg_catalog.substring(t.*::text, 2, pg_catalog.length(t.*::text) - 2), E'\n'), '') END AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", "r0"."title" AS "title", "r0"."user_id" AS "user_id" FROM "public"."todos" AS "r0" WHERE "r0"."id" >= $1 ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["3","1000","id,title,user_id\n","5242","v","10485760"]

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

-- explains as text where the database allows it
-- GET labels?select=id&id=eq.1 | accept: application/vnd.pgrst.plan; options=verbose|nonsense
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, db9.explain($1, $2::pg_catalog.text[], $3::pg_catalog.text[]) AS body, NULL AS location) AS r;
-- ["FORMAT TEXT, VERBOSE","{\"SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT \\\"r0\\\".\\\"id\\\" AS \\\"id\\\" FROM \\\"public\\\".\\\"labels\\\" AS \\\"r0\\\" WHERE \\\"r0\\\".\\\"id\\\" = \",\" LIMIT \",\") AS t\"}","{\"1\",\"1000\"}","v","10485760"]

-- explains as JSON, for another media type
-- GET labels?select=id | accept: application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|buffers
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, db9.explain($1, $2::pg_catalog.text[], $3::pg_catalog.text[]) AS body, NULL AS location) AS r;
-- ["FORMAT JSON, ANALYZE, BUFFERS","{\"SELECT NULL AS total, pg_catalog.count(*) AS page, \",\" || coalesce(pg_catalog.string_agg(pg_catalog.substring(t.*::text, 2, pg_catalog.length(t.*::text) - 2), E'\\\\n'), '') AS body, NULL AS location FROM (SELECT \\\"r0\\\".\\\"id\\\" AS \\\"id\\\" FROM \\\"public\\\".\\\"labels\\\" AS \\\"r0\\\" LIMIT \",\") AS t\"}","{\"id\n\",\"1000\"}","v","10485760"]

-- explains a write without doing it
-- POST labels | accept: application/vnd.pgrst.plan+json | "{\"id\":1}"
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, db9.explain($1, $2::pg_catalog.text[], $3::pg_catalog.text[]) AS body, NULL AS location) AS r;
-- ["FORMAT JSON","{\"WITH w AS (INSERT INTO \\\"public\\\".\\\"labels\\\" AS t (\\\"id\\\") SELECT b.\\\"id\\\" FROM pg_catalog.json_to_recordset(\",\"::json) AS b (\\\"id\\\" \\\"pg_catalog\\\".\\\"int4\\\") RETURNING 1) SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, NULL::text AS body, NULL AS location\"}","{\"[{\\\"id\\\":1}]\"}","v","10485760"]

-- does not explain where the database does not allow it
-- GET labels | accept: application/vnd.pgrst.plan+json
-- 406 PGRST107 None of these media types are available: application/vnd.pgrst.plan+json; for="application/json"

-- names the methods of a table
-- OPTIONS labels
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $1 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $2 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, NULL::text AS body, NULL AS location) AS r;
-- ["v","10485760"]

-- names the methods of a view by what can be done with it
-- OPTIONS todo_heads
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $1 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $2 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, NULL::text AS body, NULL AS location) AS r;
-- ["v","10485760"]

-- names the methods of a volatile function
-- OPTIONS rpc/touch
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $1 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $2 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, NULL::text AS body, NULL AS location) AS r;
-- ["v","10485760"]

-- names the methods of a function without effects
-- OPTIONS rpc/add?a=1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $1 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $2 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, NULL::text AS body, NULL AS location) AS r;
-- ["v","10485760"]

-- names the methods of a function without its arguments
-- OPTIONS rpc/add
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $1 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $2 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, NULL::text AS body, NULL AS location) AS r;
-- ["v","10485760"]

-- names the methods of all functions of a name
-- OPTIONS rpc/overloaded
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $1 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $2 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, NULL::text AS body, NULL AS location) AS r;
-- ["v","10485760"]

-- names no methods of a function for arguments that it does not take
-- OPTIONS rpc/add?nope=1
-- 404 PGRST202 Could not find the function public.add(nope) in the schema cache

-- names no methods of an absent function
-- OPTIONS rpc/nope
-- 404 PGRST202 Could not find the function public.nope without parameters in the schema cache

-- names the methods of the root
-- OPTIONS 
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $1 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $2 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, NULL::text AS body, NULL AS location) AS r;
-- ["v","10485760"]

-- names no methods of what is absent
-- OPTIONS nope
-- 404 PGRST205 Could not find the table 'public.nope' in the schema cache

-- describes the schema at the root
-- GET 
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.location::text) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, NULL::text AS body, pg_catalog.json_build_object('schema', (SELECT pg_catalog.obj_description(n.oid, 'pg_namespace') FROM pg_catalog.pg_namespace AS n WHERE n.nspname = $3), 'relations', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
    c.oid::pg_catalog.int8, pg_catalog.obj_description(c.oid, 'pg_class'), (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
      a.attname, CASE WHEN b.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace AND pg_catalog.pg_type_is_visible(b.oid)
      THEN pg_catalog.concat(b.typnamespace::pg_catalog.regnamespace, '.', pg_catalog.format_type(b.oid, NULL))
      ELSE pg_catalog.format_type(b.oid, NULL) END, NOT (a.attnotnull OR u.required),
      pg_catalog.col_description(c.oid, a.attnum),
      CASE WHEN b.typname IN ('varchar', 'bpchar') AND u.typmod > 4 THEN u.typmod - 4 END,
      (SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = b.oid),
      (SELECT n.nspname FROM pg_catalog.pg_namespace AS n WHERE n.oid = b.typnamespace), coalesce(nullif(b.typrelid, 0), i.typrelid, 0)::pg_catalog.int8
    ) ORDER BY a.attnum), '[]')
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    CROSS JOIN LATERAL (WITH RECURSIVE w AS (
      SELECT t.oid, t.typtype, t.typbasetype, t.typnotnull AS required,
        CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END AS typmod
      UNION ALL
      SELECT n.oid, n.typtype, n.typbasetype, w.required OR n.typnotnull, CASE WHEN w.typmod >= 0 THEN w.typmod ELSE n.typtypmod END
      FROM w JOIN pg_catalog.pg_type AS n ON w.typtype = 'd' AND n.oid = w.typbasetype
    )
    SELECT w.oid, w.required, w.typmod FROM w WHERE w.typtype <> 'd') AS u
    JOIN pg_catalog.pg_type AS b ON b.oid = u.oid
    LEFT JOIN pg_catalog.pg_type AS i ON i.oid = b.typelem
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  )), '[]')
  FROM pg_catalog.pg_class AS c
  WHERE c.oid = ANY ($1::pg_catalog.oid[])
    AND (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
      OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE'))), 'routines', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
    p.oid::pg_catalog.int8, pg_catalog.obj_description(p.oid, 'pg_proc')
  )), '[]')
  FROM pg_catalog.pg_proc AS p
  WHERE p.oid = ANY ($2::pg_catalog.oid[]) AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))) AS location) AS r;
-- ["{16414,16415,16416,16417,16418,16421,16423,16429,16430,16431,16433,16434,16435,16436,16437,16440,16441}","{16572,16573,16574,16575,16576,16577,16578,16579,16580,16581,16582,16583,16584,16585,16586,16587,16588,16590,16591,16592}","public","v","10485760"]

-- describes the schema to HEAD with headers alone
-- HEAD 
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.location::text) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, 0 AS page, NULL::text AS body, pg_catalog.json_build_object('schema', (SELECT pg_catalog.obj_description(n.oid, 'pg_namespace') FROM pg_catalog.pg_namespace AS n WHERE n.nspname = $3), 'relations', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
    c.oid::pg_catalog.int8, pg_catalog.obj_description(c.oid, 'pg_class'), (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
      a.attname, CASE WHEN b.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace AND pg_catalog.pg_type_is_visible(b.oid)
      THEN pg_catalog.concat(b.typnamespace::pg_catalog.regnamespace, '.', pg_catalog.format_type(b.oid, NULL))
      ELSE pg_catalog.format_type(b.oid, NULL) END, NOT (a.attnotnull OR u.required),
      pg_catalog.col_description(c.oid, a.attnum),
      CASE WHEN b.typname IN ('varchar', 'bpchar') AND u.typmod > 4 THEN u.typmod - 4 END,
      (SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = b.oid),
      (SELECT n.nspname FROM pg_catalog.pg_namespace AS n WHERE n.oid = b.typnamespace), coalesce(nullif(b.typrelid, 0), i.typrelid, 0)::pg_catalog.int8
    ) ORDER BY a.attnum), '[]')
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    CROSS JOIN LATERAL (WITH RECURSIVE w AS (
      SELECT t.oid, t.typtype, t.typbasetype, t.typnotnull AS required,
        CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END AS typmod
      UNION ALL
      SELECT n.oid, n.typtype, n.typbasetype, w.required OR n.typnotnull, CASE WHEN w.typmod >= 0 THEN w.typmod ELSE n.typtypmod END
      FROM w JOIN pg_catalog.pg_type AS n ON w.typtype = 'd' AND n.oid = w.typbasetype
    )
    SELECT w.oid, w.required, w.typmod FROM w WHERE w.typtype <> 'd') AS u
    JOIN pg_catalog.pg_type AS b ON b.oid = u.oid
    LEFT JOIN pg_catalog.pg_type AS i ON i.oid = b.typelem
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  )), '[]')
  FROM pg_catalog.pg_class AS c
  WHERE c.oid = ANY ($1::pg_catalog.oid[])
    AND (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
      OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE'))), 'routines', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
    p.oid::pg_catalog.int8, pg_catalog.obj_description(p.oid, 'pg_proc')
  )), '[]')
  FROM pg_catalog.pg_proc AS p
  WHERE p.oid = ANY ($2::pg_catalog.oid[]) AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))) AS location) AS r;
-- ["{16414,16415,16416,16417,16418,16421,16423,16429,16430,16431,16433,16434,16435,16436,16437,16440,16441}","{16572,16573,16574,16575,16576,16577,16578,16579,16580,16581,16582,16583,16584,16585,16586,16587,16588,16590,16591,16592}","public","v","10485760"]

-- describes the schema as no CSV
-- GET  | accept: text/csv
-- 406 PGRST107 None of these media types are available: text/csv

-- writes nothing at the root
-- POST  | "{}"
-- 405 PGRST117 Unsupported HTTP method: POST
