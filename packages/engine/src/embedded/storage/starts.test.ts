/** A hostile data directory does not grow beyond its quota while its server starts, and stays closed then. */
import { copyFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../settings.ts'
import {
  accessTo,
  adminVerifier,
  knowing,
  loginKey,
  makeOpenFolder,
  pidOf,
  query,
} from '../../testing/databases.ts'
import { serverFiles } from '../cluster/server-files.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { asSuperuser } from '../sql/superuser.ts'
import { measure } from './usage.ts'

const MB = 2 ** 20
const COPIES = 12
const COPY_MB = 60

let base: string
let engine: EmbeddedEngine
beforeAll(async () => {
  base = makeOpenFolder()
  engine = await createEmbeddedEngine({ loginKey, home: join(base, 'home'), poolSize: 0, maxRunning: 1 })
  await engine.reconcile(knowing([]))
})
afterAll(async () => {
  await engine.close()
  rmSync(base, { recursive: true, force: true })
})

const filesOf = (id: string) => serverFiles({ dataFolder: engine.dataFolder, socketFolder: '' } as never, id)
const used = async (id: string) => (await measure(filesOf(id))).bytes

async function create(): Promise<string> {
  const id = newId('database')
  await engine.create({ id, adminVerifier })
  return id
}

/**
 * Of a server that was killed, with a few hundred bytes of log from which Postgres makes 700 MB: its replay copies a database
 * anew for each `CREATE DATABASE` that follows the checkpoint, and an earlier control file says which that is.
 */
async function makeBomb(id: string): Promise<void> {
  const { data } = filesOf(id)
  const access = await accessTo(engine, id)
  const inEach = (database: 'postgres' | 'template1', statements: string[]) =>
    asSuperuser(access, database, async (client) => {
      for (const statement of statements) await client.query(statement)
    })
  const control = join(data, 'global', 'pg_control')
  await inEach('postgres', [
    'create table public.t (filler text storage external)',
    `insert into public.t select repeat('x', ${MB}) from generate_series(1, ${COPY_MB})`,
    `alter system set wal_keep_size = '1GB'`,
    'select pg_reload_conf()',
  ])
  await inEach('template1', ['create database source template postgres', 'checkpoint'])
  copyFileSync(control, join(base, 'pg_control'))
  const before = new Set(readdirSync(join(data, 'base')))
  const copies = Array.from(
    { length: COPIES },
    (_, i) => `create database c${i} template source strategy file_copy`,
  )
  await inEach('template1', copies)
  process.kill(pidOf((await engine.connect(id)).epoch), 'SIGKILL')
  await expect.poll(() => engine.isRunning(id)).toBe(false)
  for (const name of readdirSync(join(data, 'base')))
    if (!before.has(name)) rmSync(join(data, 'base', name), { recursive: true })
  // Its owner and mode stay.
  copyFileSync(join(base, 'pg_control'), control)
}

test.runIf(process.platform === 'linux')(
  'a start that writes beyond the quota is ended, and the database stays closed for a while',
  async () => {
    const id = await create()
    await makeBomb(id)
    const diskQuotaBytes = 256 * MB
    await engine.configure(id, { ...DEFAULT_SETTINGS, diskQuotaBytes })
    const before = await used(id)
    expect(before).toBeLessThan(diskQuotaBytes + 100 * MB)

    await expect(engine.connect(id)).rejects.toMatchObject({
      code: 'failed',
      message: 'the database wrote beyond its disk quota while it started',
    })
    const after = await used(id)
    expect(after).toBeLessThan(before + COPIES * COPY_MB * MB * 0.8)
    await expect(engine.connect(id)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('stays closed'),
    })
    await sleep(300)
    expect(await used(id)).toBe(after)
    expect(engine.isRunning(id)).toBe(false)

    // Its place is another's.
    const other = await create()
    expect(await query(engine, other, 'select 1')).toEqual([[1]])
  },
  120_000,
)

test('a database over its bound starts, since its owner has to free space, and is held to it', async () => {
  const id = await create()
  await query(engine, id, 'create table t (filler text storage external)')
  await query(engine, id, `insert into t select repeat('x', ${MB}) from generate_series(1, 120)`)
  process.kill(pidOf((await engine.connect(id)).epoch), 'SIGKILL')
  await engine.configure(id, { ...DEFAULT_SETTINGS, diskQuotaBytes: 64 * MB })
  expect((await engine.connect(id)).storage).toBe('admin_only')
  await query(engine, id, 'begin read write; truncate t; commit')
  await expect.poll(async () => (await engine.connect(id)).storage, { timeout: 30_000 }).toBe('ok')
}, 60_000)
