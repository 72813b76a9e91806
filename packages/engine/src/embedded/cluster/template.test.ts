import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessTo, adminVerifier } from '../../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../../testing/engine.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { asSuperuser } from '../sql/superuser.ts'

let testEngine: TestEngine
let _base: string
let engine: EmbeddedEngine
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
  _base = testEngine.base
})
afterAll(async () => {
  await testEngine?.dispose()
})

const mapsIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /_(fsm|vm)$/.test(path))

test('the template has no maps of its tables; what is copied from it is whole, and has them after a vacuum', async () => {
  const template = readdirSync(engine.dataFolder).find((entry) => entry.startsWith('template-'))
  expect(mapsIn(join(engine.dataFolder, String(template)))).toEqual([])

  const id = newId('database')
  await engine.create({ id, adminVerifier })
  const damage = await asSuperuser(await accessTo(engine, id), 'postgres', async (client) => {
    await client.query('vacuum')
    // amcheck's functions (amcheck--1.4.sql): as an extension it is not among those that owners are offered.
    await client.query(`
      create function extensions.bt_index_check(regclass, bool) returns void language c strict as '$libdir/amcheck';
      create function extensions.verify_heapam(
        regclass, bool = false, bool = false, text = 'none', int8 = null, int8 = null,
        out blkno int8, out offnum int4, out attnum int4, out msg text
      ) returns setof record language c as '$libdir/amcheck'`)
    await client.query(
      "select extensions.bt_index_check(indexrelid, true) from pg_index where indrelid = 'pg_class'::regclass",
    )
    const { rows } = await client.query(
      `select c.relname, damage.msg from pg_class c, extensions.verify_heapam(c.oid) damage where c.relkind in ('r', 't')`,
    )
    return rows
  })
  expect(damage).toEqual([])
  expect(mapsIn(join(engine.dataFolder, id, 'data', 'base')).length).toBeGreaterThan(0)
})
