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

-- warns of an aliased embed that is named by its target
-- GET users?select=id,mine:todos(id)&todos.order=id.desc&todos.limit=1&id=eq.1
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."id" AS "id" FROM "public"."todos" AS "r1" WHERE "r0"."id" = "r1"."user_id" ORDER BY "r1"."id" DESC LIMIT $1) AS e) AS "mine" FROM "public"."users" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["1","1","1000","v","10485760"]

-- does not warn of an embed that is named by its alias
-- GET users?select=id,mine:todos(id)&mine.limit=1&id=eq.2
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $4 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $5 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (SELECT "r1"."id" AS "id" FROM "public"."todos" AS "r1" WHERE "r0"."id" = "r1"."user_id" LIMIT $1) AS e) AS "mine" FROM "public"."users" AS "r0" WHERE "r0"."id" = $2 LIMIT $3) AS t) AS r;
-- ["1","2","1000","v","10485760"]

-- filters by a column that an embed is called after
-- GET staff?select=id,boss_id(name)&boss_id=eq.1&order=id
SELECT r.total, r.page, r.body, r.location, NULL, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), CASE WHEN (SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d) <> $3 THEN db9.raise('DB001', '', NULL, NULL) WHEN pg_catalog.octet_length(r.body) > $4 THEN db9.raise('DB005', '', NULL, NULL) ELSE true END FROM (SELECT NULL AS total, pg_catalog.count(*) AS page, coalesce(pg_catalog.json_agg(t.*)::text, '[]') AS body, NULL AS location FROM (SELECT "r0"."id" AS "id", (SELECT pg_catalog.row_to_json(e.*) FROM (SELECT "r1"."name" AS "name" FROM "public"."staff" AS "r1" WHERE "r0"."boss_id" = "r1"."id") AS e) AS "boss_id" FROM "public"."staff" AS "r0" WHERE "r0"."boss_id" = $1 ORDER BY "r0"."id" LIMIT $2) AS t) AS r;
-- ["1","1000","v","10485760"]
