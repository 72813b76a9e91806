/** Puts a database back to our schemas of an earlier release, for tests of what the next start makes of them. */
import { SCHEMA_VERSIONS, VERSION_TABLE_SQL } from '../embedded/cluster/bootstrap/schemas.sql.ts'
import type { EmbeddedEngine } from '../embedded/embedded-engine.ts'
import { clientOf } from './databases.ts'

/** Version 5 made them. */
const ROLES_OF_5 = `
drop schema storage, realtime, vault, graphql_public, supabase_functions, neon_auth cascade;
drop publication supabase_realtime;
do $$ declare found name; begin
  for found in select rolname from pg_roles where rolname ~ '^(postgres|supabase_|dashboard|pgbouncer|pgsodium_|anonymous|neon)' loop
    execute format('drop owned by %1$I; drop role %1$I', found);
  end loop;
end $$;`

/** Objects that depend on ours are dropped with them. */
export async function makeEarlier(engine: EmbeddedEngine, id: string, latest: number): Promise<void> {
  const client = await clientOf(engine, id, { user: 'db9_super' })
  await client.query('drop schema auth, db9, extensions cascade')
  if (latest < 5) await client.query(ROLES_OF_5)
  await client.query(VERSION_TABLE_SQL)
  for (const { version, sql } of SCHEMA_VERSIONS.filter((each) => each.version <= latest)) {
    await client.query(sql)
    await client.query('insert into db9.schema_version (version) values ($1)', [version])
  }
  await client.end()
}
