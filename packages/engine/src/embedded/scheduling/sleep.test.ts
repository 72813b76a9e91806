import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readProcess } from '@db9/process/processes'
import { newId } from '@db9/types/ids'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../settings.ts'
import {
  adminVerifier,
  clientOf,
  knowing,
  loginKey,
  makeOpenFolder,
  pidOf,
  query,
  until,
} from '../../testing/databases.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'

const BRIEFLY = { ...DEFAULT_SETTINGS, suspendAfterSeconds: 1 }

let base: string
let engine: EmbeddedEngine
let isReleased: boolean
const asked: string[] = []
let id: string
beforeAll(async () => {
  base = makeOpenFolder()
  engine = await createEmbeddedEngine({
    loginKey,
    home: join(base, 'home'),
    maxRunning: 2,
    release: async (each) => {
      asked.push(each)
      return isReleased
    },
  })
})
afterAll(async () => {
  await engine.close()
  rmSync(base, { recursive: true, force: true })
})
beforeEach(async () => {
  isReleased = true
  asked.length = 0
  id = await create()
})
afterEach(() => engine.destroy(id))

async function create(): Promise<string> {
  const made = newId('database')
  await engine.create({ id: made, adminVerifier })
  await engine.connect(made)
  return made
}

const untilAsleep = (each = id) => until(() => !engine.isRunning(each))

describe('a database without use', () => {
  test('is stopped after its time, and the next connection finds its rows', async () => {
    await query(engine, id, 'create table t as select 1 as n')
    const { epoch } = await engine.connect(id)
    await engine.configure(id, BRIEFLY)
    await untilAsleep()
    expect(readProcess(pidOf(epoch))).toBeNull()
    expect(asked).toEqual([id])
    expect(await query(engine, id, 'select n from t')).toEqual([[1]])
  })

  test('keeps running where it is set to', async () => {
    await engine.configure(id, { ...BRIEFLY, suspendAfterSeconds: -1 })
    await sleep(1_500)
    expect(engine.isRunning(id)).toBe(true)
  })

  test('has an idle session ended by 57P01', async () => {
    const client = await clientOf(engine, id)
    const ended = new Promise((resolve) => client.once('error', resolve))
    await client.query('select 1')
    await engine.configure(id, BRIEFLY)
    expect(await ended).toMatchObject({ code: '57P01' })
    await untilAsleep()
  })

  test('stays asleep over a restart of the stack, with its settings', async () => {
    await engine.configure(id, { ...BRIEFLY, maxConnections: 20 })
    await untilAsleep()
    // In turn: this engine is done with it.
    await engine.stop(id)
    const next = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
    expect(await next.reconcile(knowing([id]))).toMatchObject({ adopted: [], missing: [] })
    expect(next.isRunning(id)).toBe(false)
    expect((await next.connect(id)).maxConnections).toBe(20)
    await until(() => !next.isRunning(id))
    await next.close()
  })
})

describe('a database in use is not stopped', () => {
  test('while a transaction is open, however long nothing is said in it', async () => {
    const client = await clientOf(engine, id)
    await client.query('begin')
    await engine.configure(id, BRIEFLY)
    await sleep(2_500)
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
    await client.query('commit')
    await untilAsleep()
    await client.end().catch(() => {})
  })

  test('while a statement runs', async () => {
    await engine.configure(id, BRIEFLY)
    expect(await query(engine, id, 'select 1 as n from pg_sleep(2.5)')).toEqual([[1]])
  })

  test('by a session that says something now and then', async () => {
    await engine.configure(id, BRIEFLY)
    const client = await clientOf(engine, id)
    for (let i = 0; i < 6; i++) {
      await client.query('select 1')
      await sleep(500)
    }
    await client.end()
  })

  test('while the data proxy says that a session is in use', async () => {
    isReleased = false
    await engine.configure(id, BRIEFLY)
    await until(() => asked.length > 0)
    const { epoch } = await engine.connect(id)
    expect(readProcess(pidOf(epoch))).not.toBeNull()
  })
})

test('a connect during the stop waits for the next start, and gets no error', async () => {
  await query(engine, id, 'create table t as select 1 as n')
  await engine.configure(id, BRIEFLY)
  const callers = Array.from({ length: 4 }, async (_, i) => {
    for (let round = 0; round < 4; round++) {
      // Around the moment of the stop.
      await sleep(1_000 + ((i * 7 + round * 13) % 40))
      expect(await query(engine, id, 'select n from t')).toEqual([[1]])
    }
  })
  await Promise.all(callers)
})

describe('at the limit of those that run', () => {
  test('the longest idle one makes room for one that waits', async () => {
    const second = await create()
    await query(engine, id, 'select 1')
    await sleep(1_100)
    await query(engine, second, 'select 1')
    const third = await create()
    expect([id, second, third].map((each) => engine.isRunning(each))).toEqual([false, true, true])
    expect(await query(engine, id, 'select 1')).toEqual([[1]])
    for (const each of [second, third]) await engine.destroy(each)
  })

  test('rejects with at_capacity where none is idle, and leaves alone those in use', async () => {
    const second = await create()
    const clients = [await clientOf(engine, id), await clientOf(engine, second)]
    for (const client of clients) await client.query('begin')
    await expect(create()).rejects.toMatchObject({ code: 'at_capacity' })
    for (const client of clients) expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
    for (const client of clients) await client.end()
    await engine.destroy(second)
  })
})

test('settings that make no sense here are refused by name, and the old ones stay', async () => {
  for (const [name, value] of Object.entries({
    suspendAfterSeconds: 0,
    sharedBuffersMb: 1e7,
    maxConnections: 1.5,
  })) {
    await expect(engine.configure(id, { ...DEFAULT_SETTINGS, [name]: value })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(name),
    })
  }
  await engine.stop(id)
  expect((await engine.connect(id)).maxConnections).toBe(DEFAULT_SETTINGS.maxConnections)
})

test('memory and connections count from the next start', async () => {
  await engine.configure(id, { ...DEFAULT_SETTINGS, sharedBuffersMb: 32, workMemMb: 8, maxConnections: 30 })
  expect(await query(engine, id, 'show shared_buffers')).toEqual([['16MB']])
  await engine.stop(id)
  expect(await query(engine, id, 'show shared_buffers')).toEqual([['32MB']])
  expect(await query(engine, id, 'show work_mem')).toEqual([['8MB']])
  expect((await engine.connect(id)).maxConnections).toBe(30)
})
