import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createEmbeddedEngine, type EmbeddedEngine } from '../embedded.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { adminVerifier, clientOf, loginKey, makeOpenFolder, query } from '../testing/databases.ts'

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
})
afterAll(async () => {
  await engine.close()
  rmSync(base, { recursive: true, force: true })
})
beforeEach(async () => {
  id = newId('database')
  await engine.create({ id, adminVerifier })
  await query(engine, id, 'create table t (filler text storage external)')
  changed.length = 0
})
afterEach(() => engine.destroy(id))

/** Setting it looks at once. */
const setQuota = (diskQuotaBytes: number | null) =>
  engine.configure(id, { ...DEFAULT_SETTINGS, diskQuotaBytes })

async function fill(megabytes: number): Promise<void> {
  await query(engine, id, `insert into t select repeat('x', ${MB}) from generate_series(1, ${megabytes})`)
  // So that what the write-ahead log takes is the same before and after a stop.
  await query(engine, id, 'checkpoint')
}

async function usedBytes(): Promise<number> {
  const sizes = `(select sum(pg_database_size(oid)) from pg_database) + (select sum(size) from pg_ls_waldir())`
  const [row] = await query(engine, id, `select (${sizes})::float8`)
  return Number(row?.[0])
}

async function stateOf(): Promise<string> {
  return (await engine.connect(id)).storage
}

describe('a database over its quota', () => {
  beforeEach(async () => {
    await fill(80)
    // Between the quota and a tenth more.
    await setQuota(Math.round((await usedBytes()) / 1.05))
  })

  test('is read-only, and says so to whoever keeps sessions', async () => {
    expect(await stateOf()).toBe('read_only')
    expect(changed).toEqual([id])
    await expect(query(engine, id, "insert into t values ('x')")).rejects.toMatchObject({ code: '25006' })
    await expect(query(engine, id, 'select count(*) from t')).resolves.toHaveLength(1)
  })

  test('stays so over a restart of its server', async () => {
    await engine.stop(id)
    expect(await stateOf()).toBe('read_only')
    await expect(query(engine, id, "insert into t values ('x')")).rejects.toMatchObject({ code: '25006' })
  })

  test('lets its owner free space, and then takes writes again', async () => {
    const client = await clientOf(engine, id)
    await client.query('begin read write')
    await client.query('truncate t')
    await client.query('commit')
    await client.end()
    await setQuota(200 * MB)
    expect(await stateOf()).toBe('ok')
    await query(engine, id, "insert into t values ('x')")
  })

  test('is writable again as soon as it has no quota', async () => {
    await setQuota(null)
    expect(await stateOf()).toBe('ok')
    await query(engine, id, "insert into t values ('x')")
  })
})

test('a tenth over it, sessions of all but the owner end, and the owner’s stays', async () => {
  await query(engine, id, "create role app login password 'x'")
  const [owner, app] = [
    await clientOf(engine, id),
    await clientOf(engine, id, { user: 'app', password: 'x' }),
  ]
  const ended = new Promise((resolve) => app.once('error', resolve))
  await fill(80)
  await setQuota(64 * MB)
  expect(await ended).toMatchObject({ code: '57P01' })
  expect(await stateOf()).toBe('admin_only')
  expect((await owner.query('select 1 as n')).rows).toEqual([{ n: 1 }])
  await owner.end()
})

test('on a volume that is low, databases without a quota are for their owners alone', async () => {
  const low = await createEmbeddedEngine({
    loginKey,
    home: join(base, 'low'),
    lowVolumeBytes: Number.MAX_SAFE_INTEGER,
  })
  const other = newId('database')
  await low.create({ id: other, adminVerifier })
  await low.stop(other)
  expect((await low.connect(other)).storage).toBe('admin_only')
  await low.close()
})

test('the temporary files of a statement are held to the quota too, from the next start on', async () => {
  await setQuota(64 * MB)
  await engine.stop(id)
  const sort =
    'select repeat(i::text, 100) as v from generate_series(1, 300000) as i order by v offset 299999'
  await expect(query(engine, id, `set temp_file_limit = -1`)).rejects.toMatchObject({ code: '42501' })
  await expect(query(engine, id, sort)).rejects.toMatchObject({ code: '53400' })
})
