/** The rules for extensions hold in every database that an owner makes beside the first. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessTo, adminVerifier, clientOf, query } from '../../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../../testing/engine.ts'
import { writeOrigin } from '../copies/origin.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { asSuperuser, inDatabase } from './superuser.ts'

let testEngine: TestEngine
let engine: EmbeddedEngine
const id = newId('database')
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
  await engine.create({ id, adminVerifier })
})
afterAll(async () => {
  await testEngine?.dispose()
})

async function expectGuarded(database: string, guard = 'pg_catalog.db9_guard_extensions'): Promise<void> {
  const client = await clientOf(engine, id, { database })
  try {
    await expect(client.query('create extension citext schema pg_catalog')).rejects.toMatchObject({
      code: '42501',
      hint: 'Use CREATE EXTENSION citext SCHEMA extensions.',
    })
    expect((await client.query("select from pg_extension where extname = 'citext'")).rowCount).toBe(0)
    await client.query('create extension citext; drop extension citext')
    for (const text of [
      'drop event trigger db9_extensions',
      'alter event trigger db9_extensions disable',
      'alter extension plpgsql drop event trigger db9_extensions',
      'drop extension plpgsql cascade',
      `drop function ${guard}() cascade`,
      `create or replace function ${guard}() returns event_trigger language plpgsql as $$ begin end $$`,
    ]) {
      await expect(client.query(text), text).rejects.toMatchObject({ code: '42501' })
    }
  } finally {
    await client.end()
  }
}

describe.each(['template1', 'template0', 'postgres'])('a database made from %s', (template) => {
  const name = `from_${template}`
  beforeAll(() => query(engine, id, `create database ${name} template ${template}`))

  test('takes no extension among Postgres’ own objects', () =>
    expectGuarded(name, template === 'postgres' ? 'db9.guard_extensions' : undefined))

  test.skipIf(template === 'postgres')('holds nothing of ours that a dump would bring along', async () => {
    const { rows } = await inDatabase(await accessTo(engine, id), name, (client) =>
      client.query(
        `select (select count(*)::int from pg_namespace where nspname in ('db9', 'auth', 'extensions')) as schemas,
                (select count(*)::int from pg_event_trigger e where not exists (
                   select from pg_depend d where d.classid = 'pg_event_trigger'::regclass and d.objid = e.oid and d.deptype = 'e')) as triggers`,
      ),
    )
    expect(rows).toEqual([{ schemas: 0, triggers: 0 }])
  })
})

test('databases of an earlier release get the guard at the next start, also those that are closed', async () => {
  for (const name of ['older', 'closed']) await query(engine, id, `create database ${name}`)
  const server = await accessTo(engine, id)
  await asSuperuser(server, 'template1', (client) =>
    client.query('alter database template0 allow_connections true'),
  )
  for (const name of ['older', 'closed', 'template0', 'template1']) {
    await inDatabase(server, name, (client) =>
      client.query(`alter extension plpgsql drop event trigger db9_extensions;
        alter extension plpgsql drop function db9_guard_extensions();
        drop function db9_guard_extensions() cascade`),
    )
  }
  await asSuperuser(server, 'template1', (client) =>
    client.query('alter database template0 allow_connections false'),
  )
  await query(engine, id, 'alter database closed allow_connections false')
  await query(engine, id, 'create extension citext schema pg_catalog; drop extension citext', {
    database: 'older',
  })

  const folder = join(engine.dataFolder, id)
  writeOrigin(folder, { kind: 'template', template: 'template-of-an-earlier-release' })

  await engine.stop(id)
  await engine.connect(id)
  expect(existsSync(join(folder, 'roles-of'))).toBe(true)
  await expectGuarded('older')
  await expect(query(engine, id, 'select 1', { database: 'closed' })).rejects.toMatchObject({ code: '55000' })
  await query(engine, id, 'alter database closed allow_connections true')
  await expectGuarded('closed')
  for (const template of ['template1', 'template0']) {
    await query(engine, id, `create database after_${template} template ${template}`)
    await expectGuarded(`after_${template}`)
  }
  expect(
    await query(
      engine,
      id,
      "select datname from pg_database where not datallowconn and datname <> 'template0'",
    ),
  ).toEqual([])
})
