/** Puts a database back to our schemas of an earlier release, for tests of what the next start makes of them. */
import { SCHEMA_VERSIONS, VERSION_TABLE_SQL } from '../embedded/cluster/bootstrap/schemas.sql.ts'
import type { EmbeddedEngine } from '../embedded/embedded-engine.ts'
import { clientOf } from './databases.ts'

/** Whatever depends on our objects goes with them. */
export async function makeEarlier(engine: EmbeddedEngine, id: string, latest: number): Promise<void> {
  const client = await clientOf(engine, id, { user: 'db9_super' })
  await client.query('drop schema auth, db9, extensions cascade')
  await client.query(VERSION_TABLE_SQL)
  for (const { version, sql } of SCHEMA_VERSIONS.filter((each) => each.version <= latest)) {
    await client.query(sql)
    await client.query('insert into db9.schema_version (version) values ($1)', [version])
  }
  await client.end()
}
