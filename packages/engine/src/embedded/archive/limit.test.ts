import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { archiveLimit, DEFAULT_SETTINGS } from '../../settings.ts'
import {
  adminVerifier,
  bytesOf,
  knowing,
  loginKey,
  makeOpenFolder,
  query,
  until,
} from '../../testing/databases.ts'
import { placeServers } from '../cluster/placement.ts'
import { serverFiles } from '../cluster/server-files.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { basesFolder, listBases } from './archive.ts'
import { ArchiveMaintainer } from './archive-maintainer.ts'

const MB = 2 ** 20
const LIMIT = 64 * MB
const QUICK = { timeout: 60_000, interval: 50 }

let base: string
let home: string
let engine: EmbeddedEngine
beforeAll(async () => {
  base = makeOpenFolder()
  home = join(base, 'home')
  engine = await createEmbeddedEngine({ loginKey, home })
  await engine.reconcile(knowing([]))
})
afterAll(async () => {
  await engine.close()
  rmSync(base, { recursive: true, force: true })
})

async function make(): Promise<string> {
  const id = newId('database')
  await engine.create({ id, adminVerifier })
  await query(engine, id, 'create table t (n int, filler text storage external)')
  return id
}

/** Writes so much log and keeps little of it: what an owner would do whose data has a quota. */
async function churn(id: string, megabytes: number): Promise<void> {
  await query(
    engine,
    id,
    `insert into t select n, repeat('x', ${MB}) from generate_series(1, ${megabytes}) n`,
  )
  await query(engine, id, 'truncate t')
  await query(engine, id, 'insert into t values (1, null)')
  await query(engine, id, 'checkpoint')
  await until(() => isArchived(id))
}

/** Whether all that a server has ended of its log is in the archive. */
function isArchived(id: string): boolean {
  const { inbox, data } = filesOf(id)
  const status = readdirSync(join(data, 'pg_wal', 'archive_status'))
  return readdirSync(inbox).length === 0 && !status.some((name) => name.endsWith('.ready'))
}

const filesOf = (id: string) => serverFiles(placeServers({ loginKey, home }), id)
const pastBytes = (id: string) => {
  const files = filesOf(id)
  const bases = listBases(files).length > 1 || listBases(files)[0]?.name !== 'template'
  return bytesOf(files.archive) + (bases ? bytesOf(basesFolder(files)) : 0)
}
/** Of one database that sleeps. */
const maintainerOfSleeping = (id: string, limitBytes: number | null) =>
  new ArchiveMaintainer(placeServers({ loginKey, home }), {
    windowMs: 86_400_000,
    list: () => [id],
    source: () => ({ files: filesOf(id), inTurn: (work) => work(), find: () => null }),
    exists: () => true,
    limitBytes: () => limitBytes,
  })
const setLimit = (id: string, archiveQuotaBytes: number | null, diskQuotaBytes: number | null = null) =>
  engine.configure(id, { ...DEFAULT_SETTINGS, archiveQuotaBytes, diskQuotaBytes })

test('cuts the archive to its limit, and can branch the start of the restore window', async () => {
  const id = await make()
  await churn(id, 40)
  const before = new Date()
  await churn(id, 60)
  expect(pastBytes(id)).toBeGreaterThan(LIMIT)

  await setLimit(id, LIMIT)
  await expect.poll(() => pastBytes(id), QUICK).toBeLessThan(LIMIT * 1.25)
  const earliest = (await engine.restoreWindow(id)).from as Date
  expect(earliest.getTime()).toBeGreaterThan(before.getTime())

  const copy = newId('database')
  await expect(engine.stage(copy, { kind: 'database', id, at: before, data: true })).rejects.toMatchObject({
    code: 'out_of_window',
    message: expect.stringContaining(`within the ${LIMIT} bytes that its past may take`),
  })
  await engine.stage(copy, { kind: 'database', id, at: earliest, data: true })
  await engine.resetSecrets(copy, { adminVerifier })
  await engine.publish(copy)
  expect(await query(engine, copy, 'select n from t')).toEqual([[1]])
})

test('without a limit it is kept; with a disk quota it may take twice of that', async () => {
  const id = await make()
  const { from: created } = await engine.restoreWindow(id)
  await churn(id, 140)
  await setLimit(id, null, LIMIT)
  await expect.poll(() => pastBytes(id), QUICK).toBeLessThan(2 * LIMIT)
  expect((await engine.restoreWindow(id)).from?.getTime()).toBeGreaterThan(created?.getTime() ?? 0)

  const other = await make()
  const { from: since } = await engine.restoreWindow(other)
  await churn(other, 140)
  await engine.stop(other)
  const settings = { ...DEFAULT_SETTINGS, diskQuotaBytes: 1024 * MB }
  await maintainerOfSleeping(other, archiveLimit(settings)).maintain(other)
  expect(pastBytes(other)).toBeGreaterThan(2 * LIMIT)
  expect((await engine.restoreWindow(other)).from).toEqual(since)
})

test('readers one after the other do not keep an archive over its limit', async () => {
  const id = await make()
  await churn(id, 70)
  await engine.stop(id)
  const maintainer = maintainerOfSleeping(id, LIMIT)
  const reading = Promise.withResolvers<void>()
  const first = maintainer.whilePinned(id, () => reading.promise)
  await maintainer.maintain(id)
  expect(pastBytes(id)).toBeGreaterThan(LIMIT)
  await expect(maintainer.whilePinned(id, async () => {})).rejects.toMatchObject({ code: 'unavailable' })
  reading.resolve()
  await first
  await maintainer.maintain(id)
  expect(pastBytes(id)).toBeLessThan(LIMIT)
  await expect(maintainer.whilePinned(id, async () => 'read')).resolves.toBe('read')
})
