import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createEmbeddedEngine, type EmbeddedEngine, loginsIn } from '@db9/engine'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { newId } from '@db9/types/ids'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SCHEMA } from './fixture.ts'
import { CALLER, findPostgres } from './postgres.ts'
import { isStale, planSameSql } from './same-sql.ts'
import { openWire, openWires, type WireTarget } from './wire.ts'

const home = mkdtempSync(join(tmpdir(), 'db9-bench-test-'))
chmodSync(home, 0o755)
/** Of no installation. */
const LOGIN_KEY = '6b'.repeat(32)
const OWNER = { user: 'admin', password: 'of-the-owner' }

let engine: EmbeddedEngine
let caller: WireTarget

beforeAll(async () => {
  engine = await createEmbeddedEngine({ loginKey: LOGIN_KEY, home })
  const id = newId('database')
  await engine.create({ id, adminVerifier: makeScramVerifier(OWNER.password) })
  // A create starts no server, and the bench goes past the proxy, which would.
  await engine.connect(id)
  const password = loginsIn(join(engine.dataFolder, id), LOGIN_KEY).password(CALLER)
  caller = findPostgres(engine.dataFolder, id, { user: CALLER, password })
  await asAdmin(SCHEMA)
}, 60_000)

afterAll(async () => {
  await engine.close()
  rmSync(home, { recursive: true, force: true })
})

async function asAdmin(sql: string): Promise<void> {
  const client = new pg.Client({
    host: dirname(caller.socketPath),
    port: 5432,
    ...OWNER,
    database: caller.database,
  })
  await client.connect()
  await client.query(sql)
  await client.end()
}

test('the pass-through reads what the gateway would: the public rows, and not the others', async () => {
  const wire = await openWire(caller)
  const { steps, body } = await planSameSql(wire)
  expect(JSON.parse(body(await wire.batch(steps('8'))))).toMatchObject([{ id: 8, title: 'Item 8' }])
  expect(JSON.parse(body(await wire.batch(steps('7'))))).toEqual([])
  expect(JSON.parse(body(await wire.batch(steps(null)))).map((row: { id: number }) => row.id)).toEqual([
    2, 4, 6, 8, 10, 12, 14, 16, 18, 20,
  ])
  wire.end()
})

test('a plan of before a change of the schema is told as stale, and a new one works', async () => {
  const wire = await openWire(caller)
  const before = await planSameSql(wire)
  await asAdmin('create table another (id int)')
  const failure = await wire.batch(before.steps('8')).catch((error: unknown) => error)
  expect(isStale(failure)).toBe(true)
  const { steps, body } = await planSameSql(wire)
  expect(JSON.parse(body(await wire.batch(steps('8'))))).toMatchObject([{ id: 8 }])
  wire.end()
})

test('batches in flight at once get their own rows, and a batch that fails fails alone', async () => {
  const wires = await openWires(caller, 2)
  const { steps, body } = await planSameSql(wires)
  const broken = [{ statement: { name: 'broken', text: 'select 1 / $1::int' }, values: ['0'] }]
  const ids = Array.from({ length: 40 }, (_, i) => String(2 * (i + 1)))
  const [failure, ...rows] = await Promise.allSettled([
    wires.batch(broken),
    ...ids.map(async (id) => JSON.parse(body(await wires.batch(steps(id))))[0].id),
  ])
  expect(failure).toMatchObject({ status: 'rejected', reason: { message: 'division by zero' } })
  expect(rows.map((row) => row.status === 'fulfilled' && String(row.value))).toEqual(ids)
  wires.end()
})

test('a role that does not exist is refused with the word of Postgres', async () => {
  await expect(openWire({ ...caller, user: 'absent' })).rejects.toThrow(/password authentication failed/)
})
