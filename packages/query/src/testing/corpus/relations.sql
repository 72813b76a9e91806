-- embeds from a partitioned table
-- GET events?select=id,regions(name)&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "odd"."regions" AS "r1" WHERE "r0"."region_id" = "r1"."id") AS e) AS "regions" FROM "odd"."events" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- embeds a partitioned table
-- GET regions?select=name,events(id)&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."id" AS "id" FROM "odd"."events" AS "r1" WHERE "r0"."id" = "r1"."region_id" LIMIT $1) AS e) AS "events" FROM "odd"."regions" AS "r0" ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["1000","1000","v","10485760"]

-- embeds by a composite key, both ways
-- GET visits?select=id,events(id,day,visits(id))
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."id" AS "id", "r1"."day" AS "day", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r2"."id" AS "id" FROM "odd"."visits" AS "r2" WHERE "r1"."id" = "r2"."event_id" AND "r1"."day" = "r2"."event_day" LIMIT $1) AS e) AS "visits" FROM "odd"."events" AS "r1" WHERE "r0"."event_id" = "r1"."id" AND "r0"."event_day" = "r1"."day") AS e) AS "events" FROM "odd"."visits" AS "r0" LIMIT $2) AS t) AS r;
-- ["1000","1000","v","10485760"]

-- embeds what is unique as an object, both ways
-- GET suppliers?select=name,parts(name,suppliers(name))&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r2"."name" AS "name" FROM "odd"."suppliers" AS "r2" WHERE "r1"."supplier_id" = "r2"."id") AS e) AS "suppliers" FROM "odd"."parts" AS "r1" WHERE "r0"."id" = "r1"."supplier_id") AS e) AS "parts" FROM "odd"."suppliers" AS "r0" ORDER BY "r0"."id" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- embeds a view of a view
-- GET suppliers?select=name,part_view_2(pid)&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."pid" AS "pid" FROM "odd"."part_view_2" AS "r1" WHERE "r0"."id" = "r1"."sid") AS e) AS "part_view_2" FROM "odd"."suppliers" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- embeds from a view of a view
-- GET part_view_2?select=pid,suppliers(name)&order=pid
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."pid" AS "pid", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "odd"."suppliers" AS "r1" WHERE "r0"."sid" = "r1"."id") AS e) AS "suppliers" FROM "odd"."part_view_2" AS "r0" ORDER BY "r0"."pid" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- embeds between views through a junction that is a view
-- GET box_view?select=name,part_view(name)&order=id&part_view.order=part_id
-- 300 PGRST201 Could not embed because more than one relationship was found for 'box_view' and 'part_view'

-- tells junctions apart by their names
-- GET box_view?select=name,part_view!box_part_view(name)&order=id&part_view.order=part_id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r2"."name" AS "name" FROM "odd"."part_view" AS "r2" CROSS JOIN "odd"."box_part_view" AS "r1" WHERE "r0"."id" = "r1"."box_id" AND "r2"."part_id" = "r1"."part_id" ORDER BY "r2"."part_id" LIMIT $1) AS e) AS "part_view" FROM "odd"."box_view" AS "r0" ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["1000","1000","v","10485760"]

-- embeds a materialized view
-- GET part_view?select=name,supplier_names(name)&part_id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "odd"."supplier_names" AS "r1" WHERE "r0"."supplier_id" = "r1"."id") AS e) AS "supplier_names" FROM "odd"."part_view" AS "r0" WHERE "r0"."part_id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- does not see the keys of a union
-- GET united?select=id,suppliers(name)
-- 400 PGRST200 Could not find a relationship between 'united' and 'suppliers' in the schema cache

-- embeds through a junction and the junction itself
-- GET boxes?select=name,parts!box_parts(name),box_parts(n)&id=eq.1&parts.order=id&box_parts.order=n
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r2"."name" AS "name" FROM "odd"."parts" AS "r2" CROSS JOIN "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id" AND "r2"."id" = "r1"."part_id" ORDER BY "r2"."id" LIMIT $1) AS e) AS "parts", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r3"."n" AS "n" FROM "odd"."box_parts" AS "r3" WHERE "r0"."id" = "r3"."box_id" ORDER BY "r3"."n" LIMIT $2) AS e) AS "box_parts" FROM "odd"."boxes" AS "r0" WHERE "r0"."id" = $3 LIMIT $4) AS t) AS r;
-- ["1000","1000","1","1000","v","10485760"]

-- embeds the same table twice by constraints, columns and aliases
-- GET people?select=name,home(name),w:places!work(name),h:places!home_id(name)&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "odd"."places" AS "r1" WHERE "r0"."home_id" = "r1"."id") AS e) AS "home", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r2"."name" AS "name" FROM "odd"."places" AS "r2" WHERE "r0"."work_id" = "r2"."id") AS e) AS "w", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r3"."name" AS "name" FROM "odd"."places" AS "r3" WHERE "r0"."home_id" = "r3"."id") AS e) AS "h" FROM "odd"."people" AS "r0" WHERE "r0"."id" = $1 LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- lists both ways where the target alone is named
-- GET places?select=name,people(name)
-- 300 PGRST201 Could not embed because more than one relationship was found for 'places' and 'people'

-- takes hint and join in either order
-- GET places?select=name,people!home!inner(name)&people.name=eq.Bob
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."name" AS "name" FROM "odd"."people" AS "r1" WHERE "r0"."id" = "r1"."home_id" AND "r1"."name" = $1 LIMIT $2) AS e) AS "people" FROM "odd"."places" AS "r0" WHERE EXISTS (SELECT FROM "odd"."people" AS "r1" WHERE "r0"."id" = "r1"."home_id" AND "r1"."name" = $3) LIMIT $4) AS t) AS r;
-- ["Bob","1000","Bob","1000","v","10485760"]

-- takes join before hint
-- GET places?select=name,people!inner!work(name)&people.name=eq.Cy
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."name" AS "name" FROM "odd"."people" AS "r1" WHERE "r0"."id" = "r1"."work_id" AND "r1"."name" = $1 LIMIT $2) AS e) AS "people" FROM "odd"."places" AS "r0" WHERE EXISTS (SELECT FROM "odd"."people" AS "r1" WHERE "r0"."id" = "r1"."work_id" AND "r1"."name" = $3) LIMIT $4) AS t) AS r;
-- ["Cy","1000","Cy","1000","v","10485760"]

-- names left joins
-- GET places?select=name,people!home!left(name)&people.name=eq.Nobody&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."name" AS "name" FROM "odd"."people" AS "r1" WHERE "r0"."id" = "r1"."home_id" AND "r1"."name" = $1 LIMIT $2) AS e) AS "people" FROM "odd"."places" AS "r0" ORDER BY "r0"."id" LIMIT $3) AS t) AS r;
-- ["Nobody","1000","1000","v","10485760"]

-- says which hint was not found
-- GET places?select=name,people!nothing(name)
-- 400 PGRST200 Could not find a relationship between 'places' and 'people' in the schema cache

-- embeds computed relationships of a table with itself, several levels deep
-- GET people?select=name,manager(name),reports(name,reports(name))&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $6 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $7 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "odd"."manager"("r0".*) AS "r1" WHERE true LIMIT $1) AS e) AS "manager", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r2"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r3"."name" AS "name" FROM "odd"."reports"("r2".*) AS "r3" WHERE true LIMIT $2) AS e) AS "reports" FROM "odd"."reports"("r0".*) AS "r2" WHERE true LIMIT $3) AS e) AS "reports" FROM "odd"."people" AS "r0" WHERE "r0"."id" = $4 LIMIT $5) AS t) AS r;
-- ["1","1000","1000","1","1000","v","10485760"]

-- filters, orders and limits computed relationships
-- GET people?select=name,reports(name,initials)&reports.initials=eq.C&id=eq.1&reports.limit=1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."name" AS "name", "odd"."initials"("r1".*) AS "initials" FROM "odd"."reports"("r0".*) AS "r1" WHERE true AND "odd"."initials"("r1".*) = $1 LIMIT $2) AS e) AS "reports" FROM "odd"."people" AS "r0" WHERE "r0"."id" = $3 LIMIT $4) AS t) AS r;
-- ["C","1","1","1000","v","10485760"]

-- joins computed relationships
-- GET people?select=name,reports!inner(name)&order=name
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."name" AS "name" FROM "odd"."reports"("r0".*) AS "r1" WHERE true LIMIT $1) AS e) AS "reports" FROM "odd"."people" AS "r0" WHERE EXISTS (SELECT FROM "odd"."reports"("r0".*) AS "r1" WHERE true) ORDER BY "r0"."name" LIMIT $2) AS t) AS r;
-- ["1000","1000","v","10485760"]

-- orders by a column of a computed to-one relationship
-- GET people?select=name,manager(name)&order=manager(name).desc.nullslast,name
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "odd"."manager"("r0".*) AS "r1" WHERE true LIMIT $1) AS e) AS "manager" FROM "odd"."people" AS "r0" ORDER BY (SELECT "r1"."name" FROM "odd"."manager"("r0".*) AS "r1" WHERE true LIMIT 1) DESC NULLS LAST, "r0"."name" LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]

-- spreads children into arrays that belong together
-- GET boxes?select=name,...box_parts(n,...parts(part:name))&order=id&box_parts.order=n
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", "r4"."n" AS "n", "r4"."part" AS "part" FROM "odd"."boxes" AS "r0" LEFT JOIN LATERAL (SELECT coalesce(pg_catalog.json_agg(e."n"), '[]') AS "n", coalesce(pg_catalog.json_agg(e."part"), '[]') AS "part" FROM (SELECT "r1"."n" AS "n", "r3"."part" AS "part" FROM "odd"."box_parts" AS "r1" LEFT JOIN LATERAL (SELECT "r2"."name" AS "part" FROM "odd"."parts" AS "r2" WHERE "r1"."part_id" = "r2"."id") AS "r3" ON true WHERE "r0"."id" = "r1"."box_id" ORDER BY "r1"."n" LIMIT $1) AS e) AS "r4" ON true ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["1000","1000","v","10485760"]

-- spreads many-to-many
-- GET boxes?select=name,...parts!box_parts(parts:name)&parts.order=name.desc&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", "r3"."parts" AS "parts" FROM "odd"."boxes" AS "r0" LEFT JOIN LATERAL (SELECT coalesce(pg_catalog.json_agg(e."parts"), '[]') AS "parts" FROM (SELECT "r2"."name" AS "parts" FROM "odd"."parts" AS "r2" CROSS JOIN "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id" AND "r2"."id" = "r1"."part_id" ORDER BY "r2"."name" DESC LIMIT $1) AS e) AS "r3" ON true WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["1000","1","1000","v","10485760"]

-- spreads with embeds inside
-- GET box_parts?select=n,...parts(name,suppliers(name))&order=n
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."n" AS "n", "r3"."name" AS "name", "r3"."suppliers" AS "suppliers" FROM "odd"."box_parts" AS "r0" LEFT JOIN LATERAL (SELECT "r1"."name" AS "name", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r2"."name" AS "name" FROM "odd"."suppliers" AS "r2" WHERE "r1"."supplier_id" = "r2"."id") AS e) AS "suppliers" FROM "odd"."parts" AS "r1" WHERE "r0"."part_id" = "r1"."id") AS "r3" ON true ORDER BY "r0"."n" LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- spreads and filters by an inner join
-- GET box_parts?select=n,...parts!inner(name)&parts.name=eq.nut
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."n" AS "n", "r2"."name" AS "name" FROM "odd"."box_parts" AS "r0" LEFT JOIN LATERAL (SELECT "r1"."name" AS "name" FROM "odd"."parts" AS "r1" WHERE "r0"."part_id" = "r1"."id" AND "r1"."name" = $1) AS "r2" ON true WHERE EXISTS (SELECT FROM "odd"."parts" AS "r1" WHERE "r0"."part_id" = "r1"."id" AND "r1"."name" = $2) LIMIT $3) AS t) AS r;
-- ["nut","nut","1000","v","10485760"]

-- filters inside embeds with trees
-- GET boxes?select=name,box_parts(n)&box_parts.or=(n.eq.5,and(n.gt.5,n.lt.6))&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $7 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $8 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."n" AS "n" FROM "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id" AND ("r1"."n" = $1 OR ("r1"."n" > $2 AND "r1"."n" < $3)) LIMIT $4) AS e) AS "box_parts" FROM "odd"."boxes" AS "r0" WHERE "r0"."id" = $5 LIMIT $6) AS t) AS r;
-- ["5","5","6","1000","1","1000","v","10485760"]

-- filters inside embeds with negated trees
-- GET boxes?select=name,box_parts(n)&box_parts.not.or=(n.eq.5,n.eq.7)&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $6 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $7 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."n" AS "n" FROM "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id" AND NOT ("r1"."n" = $1 OR "r1"."n" = $2) LIMIT $3) AS e) AS "box_parts" FROM "odd"."boxes" AS "r0" WHERE "r0"."id" = $4 LIMIT $5) AS t) AS r;
-- ["5","7","1000","1","1000","v","10485760"]

-- filters several levels deep
-- GET boxes?select=name,box_parts(n,parts(name))&box_parts.parts.name=eq.nut&box_parts.order=n&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."n" AS "n", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r2"."name" AS "name" FROM "odd"."parts" AS "r2" WHERE "r1"."part_id" = "r2"."id" AND "r2"."name" = $1) AS e) AS "parts" FROM "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id" ORDER BY "r1"."n" LIMIT $2) AS e) AS "box_parts" FROM "odd"."boxes" AS "r0" WHERE "r0"."id" = $3 LIMIT $4) AS t) AS r;
-- ["nut","1000","1","1000","v","10485760"]

-- joins several levels deep
-- GET boxes?select=name,box_parts!inner(n,parts!inner(name))&box_parts.parts.name=eq.nut
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $6 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $7 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."n" AS "n", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r2"."name" AS "name" FROM "odd"."parts" AS "r2" WHERE "r1"."part_id" = "r2"."id" AND "r2"."name" = $1) AS e) AS "parts" FROM "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id" AND EXISTS (SELECT FROM "odd"."parts" AS "r2" WHERE "r1"."part_id" = "r2"."id" AND "r2"."name" = $2) LIMIT $3) AS e) AS "box_parts" FROM "odd"."boxes" AS "r0" WHERE EXISTS (SELECT FROM "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id" AND EXISTS (SELECT FROM "odd"."parts" AS "r2" WHERE "r1"."part_id" = "r2"."id" AND "r2"."name" = $4)) LIMIT $5) AS t) AS r;
-- ["nut","nut","1000","nut","1000","v","10485760"]

-- filters by the absence of what embeds several levels hold
-- GET boxes?select=name,box_parts(parts())&box_parts=is.null
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name" FROM "odd"."boxes" AS "r0" WHERE NOT EXISTS (SELECT FROM "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id") LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- pages embeds
-- GET boxes?select=box_parts(n)&box_parts.order=n&box_parts.limit=1&box_parts.offset=1&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $5 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $6 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."n" AS "n" FROM "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id" ORDER BY "r1"."n" LIMIT $1 OFFSET $2) AS e) AS "box_parts" FROM "odd"."boxes" AS "r0" WHERE "r0"."id" = $3 LIMIT $4) AS t) AS r;
-- ["1","1","1","1000","v","10485760"]

-- limits embeds as the database does
-- GET boxes?select=box_parts(n)&box_parts.order=n&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."n" AS "n" FROM "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id" ORDER BY "r1"."n" LIMIT $1) AS e) AS "box_parts" FROM "odd"."boxes" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["1","1","1","v","10485760"]

-- filters trees on the presence of several embeds
-- GET boxes?select=name,box_parts(),parts!box_parts()&and=(box_parts.not.is.null,parts.not.is.null)
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name" FROM "odd"."boxes" AS "r0" WHERE (EXISTS (SELECT FROM "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id") AND EXISTS (SELECT FROM "odd"."parts" AS "r3" CROSS JOIN "odd"."box_parts" AS "r2" WHERE "r0"."id" = "r2"."box_id" AND "r3"."id" = "r2"."part_id")) LIMIT $1) AS t) AS r;
-- ["1000","v","10485760"]

-- embeds in what was inserted, updated and deleted
-- PATCH people?id=eq.2&select=name,home(name),reports(name) | prefer: return=representation | "{\"name\":\"Rob\"}"
WITH w AS (UPDATE "odd"."people" AS t SET "name" = b."name" FROM (SELECT * FROM pg_catalog.json_to_recordset($1::json) AS b ("name" "pg_catalog"."text") LIMIT 1) AS b WHERE t."id" = $2 RETURNING t."name" AS "name", t."home_id" AS "home_id", t.*::"odd"."people" AS "db9 row") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "odd"."places" AS "r1" WHERE "r0"."home_id" = "r1"."id") AS e) AS "home", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r2"."name" AS "name" FROM "odd"."reports"("r0"."db9 row") AS "r2" WHERE true) AS e) AS "reports" FROM w AS "r0") AS t) AS r;
-- ["[{\"name\":\"Rob\"}]","2","v","10485760"]

-- sees in what was inserted the rows that were there
-- POST box_parts?select=n,boxes(name),parts(name) | prefer: return=representation | "{\"box_id\":2,\"part_id\":1}"
WITH w AS (INSERT INTO "odd"."box_parts" AS t ("box_id", "part_id") SELECT b."box_id", b."part_id" FROM pg_catalog.json_to_recordset($1::json) AS b ("box_id" "pg_catalog"."int4", "part_id" "pg_catalog"."int4") RETURNING t."n" AS "n", t."box_id" AS "box_id", t."part_id" AS "part_id") SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $2 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $3 THEN db9.raise('DB005', '', NULL, NULL) WHEN NOT db9.is_header_list(nullif(pg_catalog.current_setting('response.headers', true), '')) THEN db9.raise('DB006', '', NULL, NULL) WHEN nullif(pg_catalog.current_setting('response.status', true), '') !~ '^[2-5][0-9][0-9]$' THEN db9.raise('DB007', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, (SELECT pg_catalog.count(*) FROM w) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."n" AS "n", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "odd"."boxes" AS "r1" WHERE "r0"."box_id" = "r1"."id") AS e) AS "boxes", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r2"."name" AS "name" FROM "odd"."parts" AS "r2" WHERE "r0"."part_id" = "r2"."id") AS e) AS "parts" FROM w AS "r0") AS t) AS r;
-- ["[{\"box_id\":2,\"part_id\":1}]","v","10485760"]

-- refuses to embed what a tree names and the selection does not
-- GET boxes?select=name&or=(box_parts.not.is.null,name.eq.x)
-- 400 42703 column boxes.box_parts does not exist

-- aggregates inside embeds
-- GET boxes?select=name,box_parts(n.sum(),count())&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."name" AS "name", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT pg_catalog.sum("r1"."n") AS "sum", pg_catalog.count(*) AS "count" FROM "odd"."box_parts" AS "r1" WHERE "r0"."id" = "r1"."box_id" LIMIT $1) AS e) AS "box_parts" FROM "odd"."boxes" AS "r0" ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["1000","1000","v","10485760"]

-- groups by JSON paths and casts
-- GET kinds?select=doc->>s,id.count()::text&doc->>s=not.is.null
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT ("r0"."doc"->>$1::pg_catalog.text) AS "s", CAST(pg_catalog.count("r0"."id") AS "pg_catalog"."text") AS "count" FROM "odd"."kinds" AS "r0" WHERE NOT (("r0"."doc"->>$2::pg_catalog.text) IS NULL) GROUP BY 1 LIMIT $3) AS t) AS r;
-- ["s","s","1000","v","10485760"]

-- does not join two views of one table by the key that both show
-- GET part_view?select=part_id,part_view_2(pid)
-- 400 PGRST200 Could not find a relationship between 'part_view' and 'part_view_2' in the schema cache
