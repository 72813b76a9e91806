/** Databases are held to what they may take of the disk. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
} from '../../testing/databases.ts'
import { serverFiles } from '../cluster/server-files.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { measure } from './usage.ts'

const MB = 2 ** 20

let base: string
let engine: EmbeddedEngine
let id: string
const changed: string[] = []
beforeAll(async () => {
  base = makeOpenFolder()
  engine = await createEmbeddedEngine({
    loginKey,
    home: join(base, 'home'),
    release: async (each) => {
      changed.push(each)
      return true
    },
  })
  await engine.reconcile(knowing([]))
})
afterAll(async () => {
  await engine.close()
  rmSync(base, { recursive: true, force: true })
})
beforeEach(async () => {
  id = newId('database')
  await engine.create({ id, adminVerifier })
  await engine.connect(id)
  await query(engine, id, 'create table t (filler text storage external)')
  changed.length = 0
})
afterEach(() => engine.destroy(id))

/** Setting it looks at once. */
const setQuota = (diskQuotaBytes: number | null) =>
  engine.configure(id, { ...DEFAULT_SETTINGS, diskQuotaBytes })

const fill = (megabytes: number) =>
  query(engine, id, `insert into t select repeat('x', ${MB}) from generate_series(1, ${megabytes})`)

/** Of its data. */
async function used(): Promise<number> {
  const files = serverFiles({ dataFolder: engine.dataFolder, socketFolder: '' } as never, id)
  const { bytes, walBytes } = await measure(files)
  return bytes - walBytes
}

const stateOf = async () => (await engine.connect(id)).storage

describe('a database over its quota', () => {
  beforeEach(async () => {
    await fill(100)
    await query(engine, id, 'checkpoint')
    await setQuota((await used()) - 4 * MB)
  })

  test('is read-only, and tells the data proxy so', async () => {
    expect(await stateOf()).toBe('read_only')
    expect(changed).toEqual([id])
    await expect(query(engine, id, "insert into t values ('x')")).rejects.toMatchObject({ code: '25006' })
    await expect(query(engine, id, 'select count(*) from t')).resolves.toHaveLength(1)
  })

  test('stays so over a restart of its server, and over a crash of the service', async () => {
    await engine.stop(id)
    expect(await stateOf()).toBe('read_only')
    const next = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
    await next.reconcile(knowing([id]))
    expect((await next.connect(id)).storage).toBe('read_only')
    await expect(query(next, id, "insert into t values ('x')")).rejects.toMatchObject({ code: '25006' })
    await next.close()
    await engine.stop(id)
  })

  test('lets its owner free space, and then takes writes again', async () => {
    const client = await clientOf(engine, id)
    await client.query('begin read write')
    await client.query('truncate t')
    await client.query('commit')
    await client.end()
    await expect.poll(stateOf, { timeout: 30_000 }).toBe('ok')
    // The server's sessions learn of it a moment later.
    const write = () => query(engine, id, "insert into t values ('x')").then(() => 'written', String)
    await expect.poll(write, { timeout: 10_000 }).toBe('written')
  })

  test('is writable again as soon as it has no quota', async () => {
    await setQuota(null)
    expect(await stateOf()).toBe('ok')
    await query(engine, id, "insert into t values ('x')")
  })
})

test('far over it, all sessions end, and its owner may connect again', async () => {
  await query(engine, id, "create role app login password 'x'")
  const owner = await clientOf(engine, id)
  const app = await clientOf(engine, id, { user: 'app', password: 'x' })
  const ended = [owner, app].map((client) => new Promise((resolve) => client.once('error', resolve)))
  await fill(80)
  await setQuota(64 * MB)
  for (const each of ended) expect(await each).toMatchObject({ code: '57P01' })
  expect(await stateOf()).toBe('admin_only')
  // One that begins in the same moment may be ended with them.
  const ask = () => query(engine, id, 'select 1 as n').catch(String)
  await expect.poll(ask, { timeout: 10_000 }).toEqual([[1]])
})

test('what is far over it is so again after its server was killed and the service started anew', async () => {
  await fill(80)
  await setQuota(64 * MB)
  expect(await stateOf()).toBe('admin_only')
  process.kill(pidOf((await engine.connect(id)).epoch), 'SIGKILL')
  const next = await createEmbeddedEngine({ loginKey, home: join(base, 'home') })
  await next.reconcile(knowing([id]))
  expect((await next.connect(id)).storage).toBe('admin_only')
  await query(next, id, 'begin read write; truncate t; commit')
  await expect.poll(async () => (await next.connect(id)).storage, { timeout: 30_000 }).toBe('ok')
  await next.close()
  await engine.stop(id)
})

test('on a volume that is low, databases without a quota are for their owners alone', async () => {
  const low = await createEmbeddedEngine({
    loginKey,
    home: join(base, 'low'),
    lowVolumeBytes: Number.MAX_SAFE_INTEGER,
  })
  const other = newId('database')
  await low.create({ id: other, adminVerifier })
  await low.connect(other)
  await low.stop(other)
  expect((await low.connect(other)).storage).toBe('admin_only')
  await low.close()
})

test('a wake goes by what was known when the server was stopped, and the folder is measured soon after', async () => {
  await setQuota(64 * MB)
  await engine.stop(id)
  const { data } = serverFiles({ dataFolder: engine.dataFolder, socketFolder: '' } as never, id)
  const filler = join(data, 'filler')
  writeFileSync(filler, Buffer.alloc(80 * MB, 'x'))
  expect(await stateOf()).toBe('ok')
  await expect.poll(stateOf, { timeout: 20_000 }).toBe('admin_only')
  rmSync(filler)
  await expect.poll(stateOf, { timeout: 20_000 }).toBe('ok')
})

test('a server that died while it ran is measured before the next one starts', async () => {
  await setQuota(64 * MB)
  const { data } = serverFiles({ dataFolder: engine.dataFolder, socketFolder: '' } as never, id)
  process.kill(pidOf((await engine.connect(id)).epoch), 'SIGKILL')
  await expect.poll(() => engine.isRunning(id)).toBe(false)
  writeFileSync(join(data, 'filler'), Buffer.alloc(80 * MB, 'x'))
  expect(await stateOf()).toBe('admin_only')
})

test('the temporary files of a statement are held to the quota too, from the next start on', async () => {
  await setQuota(64 * MB)
  await engine.stop(id)
  const sort =
    'select repeat(i::text, 100) as v from generate_series(1, 300000) as i order by v offset 299999'
  await expect(query(engine, id, `set temp_file_limit = -1`)).rejects.toMatchObject({ code: '42501' })
  await expect(query(engine, id, sort)).rejects.toMatchObject({
    code: expect.stringMatching(/^(53400|57P01)$/),
  })
})
