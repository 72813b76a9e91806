import { newId } from '@db9/types/ids'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { adminVerifier, catalogVersion, clientOf, query } from '../../../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../../../testing/engine.ts'
import type { EmbeddedEngine } from '../../embedded-engine.ts'

let testEngine: TestEngine
let engine: EmbeddedEngine
let client: pg.Client
const id = newId('database')
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
  await engine.create({ id, adminVerifier })
})
afterAll(async () => {
  await testEngine?.dispose()
})
beforeEach(async () => {
  client = await clientOf(engine, id)
})
afterEach(() => client.end())

const version = () => catalogVersion(engine, id)

test('the catalog’s version counts transactions with DDL, and leaves out temporary objects and refreshes', async () => {
  const start = await version()
  await client.query('begin; create table a (id int); alter table a enable row level security; commit')
  expect(await version()).toBe(start + 1)
  await client.query('create temp table scratch (id int); drop table scratch')
  await client.query('create materialized view m as select 1 as n')
  await client.query('refresh materialized view m')
  expect(await version()).toBe(start + 2)
  await client.query('begin; drop table a; rollback')
  expect(await version()).toBe(start + 2)
  await client.query('drop table a')
  await client.query('grant select on m to anon')
  expect(await version()).toBe(start + 4)
  await engine.stop(id)
  client = await clientOf(engine, id)
  expect(await version()).toBe(start + 4)
  const session = { user: 'authenticator' }
  expect(await query(engine, id, 'select count(*)::int from db9.ddl', session)).toEqual([[1]])
})

test('schema tools of the owner see no table of ours', async () => {
  await expect(client.query('select from db9.ddl')).rejects.toMatchObject({ code: '42501' })
  const listed = await client.query("select from information_schema.tables where table_schema = 'db9'")
  expect(listed.rowCount).toBe(0)
})

test('two migrations at once neither wait for each other nor deadlock', async () => {
  const other = await clientOf(engine, id)
  await client.query('begin; create table one (id int)')
  await other.query('begin; create table two (id int)')
  await other.query('commit')
  await client.query('commit')
  await other.end()
  expect(
    (await client.query("select to_regclass('one') is not null and to_regclass('two') is not null as both"))
      .rows,
  ).toEqual([{ both: true }])
})

const CONDITIONS = ['id = $', '$ = id', '(select $) = id', 'id = (select $)'].flatMap((condition) =>
  ['auth.uid()', 'auth.user_id()'].map((call) => condition.replace('$', call)),
)

test.each(CONDITIONS)(
  'a policy "%s" on a uuid column uses its index, and what is no UUID matches nothing',
  async (condition) => {
    await client.query('create table owned (id uuid primary key); grant select on owned to anon')
    await client.query(
      'insert into owned select gen_random_uuid() from generate_series(1, 3000); analyze owned',
    )
    try {
      const { rows: known } = await client.query('select id from owned limit 1')
      const plan = await client.query({
        text: `explain select id from owned where ${condition}`,
        rowMode: 'array',
      })
      expect(plan.rows.flat().join('\n')).toContain('Index Cond')
      for (const [sub, count] of [
        [known[0].id, 1],
        ['auth0|42', 0],
        ['', 0],
      ] as const) {
        await client.query("select set_config('request.jwt.claims', $1, false)", [JSON.stringify({ sub })])
        const found = client.query(`select id from owned where ${condition}`)
        if (count === 0 && condition.includes('uid()'))
          await expect(found).rejects.toMatchObject({ code: '22P02' })
        else expect((await found).rowCount).toBe(count)
      }
    } finally {
      await client.query('drop table owned')
    }
  },
)

test('gives null for the claims of a session without any, and no error', async () => {
  const { rows } = await client.query({
    text: "select auth.uid(), auth.role(), auth.jwt(), set_config('request.jwt.claims', '', false), auth.uid()",
    rowMode: 'array',
  })
  expect(rows).toEqual([[null, null, null, '', null]])
})
