/** A server that accepts connections and never answers, as code inside of one can make it, harms no other database. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from '@db9/process/processes'
import { newId } from '@db9/types/ids'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../settings.ts'
import {
  accessTo,
  adminVerifier,
  bytesOf,
  clientOf,
  knowing,
  loginKey,
  makeOpenFolder,
  pidOf,
  query,
  until,
} from '../../testing/databases.ts'
import { type Standstill, standStillInCopy, standStillOnceReady } from '../../testing/standstill.ts'
import { placeServers } from '../cluster/placement.ts'
import { serverFiles } from '../cluster/server-files.ts'
import { readControlFile } from '../copies/control-file.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { listBases } from './archive.ts'
import { ArchiveMaintainer } from './archive-maintainer.ts'

const MB = 2 ** 20
const LIMIT = 64 * MB
const SLOW = { timeout: 45_000, interval: 50 }

let base: string
let home: string
let engine: EmbeddedEngine
let standstill: Standstill | undefined
beforeAll(async () => {
  base = makeOpenFolder()
  home = join(base, 'home')
  engine = await createEmbeddedEngine({ loginKey, home })
  await engine.reconcile(knowing([]))
})
afterEach(() => {
  standstill?.end()
  standstill = undefined
})
afterAll(async () => {
  await engine.close()
  rmSync(base, { recursive: true, force: true })
})

const filesOf = (id: string) => serverFiles(placeServers({ loginKey, home }), id)
const entriesOf = (id: string) => readdirSync(engine.dataFolder).filter((name) => name.startsWith(id))
const alive = ({ processes }: Standstill) => processes.filter(isAlive)

async function make(of = engine): Promise<string> {
  const id = newId('database')
  await of.create({ id, adminVerifier })
  await query(of, id, 'create table t as select 1 as n')
  return id
}

/** Writes a log that makes a base due where the archive has a limit. */
async function writeLog(id: string): Promise<void> {
  const client = await clientOf(engine, id, { user: 'db9_super' })
  await client.query('create temp table filler (text text storage external)')
  await client.query(
    `select pg_logical_emit_message(false, 'filler', repeat('x', ${MB})) from generate_series(1, 80)`,
  )
  await client.query('select pg_switch_wal()')
  await client.end()
  const { archive, inbox, data } = filesOf(id)
  const status = join(data, 'pg_wal', 'archive_status')
  const isArchived = () =>
    readdirSync(inbox).length === 0 && !readdirSync(status).some((name) => name.endsWith('.ready'))
  await until(() => isArchived() && bytesOf(archive) > LIMIT, 45_000)
}

const setLimit = (id: string) => engine.configure(id, { ...DEFAULT_SETTINGS, archiveQuotaBytes: LIMIT })

test('keeps no other archive from being kept up, and is deleted with all that it has', async () => {
  const [hostile, other] = [await make(), await make()]
  await writeLog(hostile)
  await writeLog(other)
  await setLimit(hostile)
  standstill = await standStillInCopy(engine, hostile)
  await setLimit(other)
  await expect.poll(() => bytesOf(filesOf(other).archive), SLOW).toBeLessThan(LIMIT)
  expect(listBases(filesOf(other)).some(({ name }) => name !== 'template')).toBe(true)
  expect(alive(standstill)).not.toEqual([])

  await engine.destroy(hostile)
  expect(entriesOf(hostile)).toEqual([])
  expect(alive(standstill)).toEqual([])
  expect(await query(engine, other, 'select n from t')).toEqual([[1]])
})

test('is retired while a base of it is made, and has its data when it is recovered', async () => {
  const id = await make()
  await writeLog(id)
  await setLimit(id)
  standstill = await standStillInCopy(engine, id)
  await engine.softDelete(id)
  expect(entriesOf(id)).toEqual([`${id}.retired`])
  expect(alive(standstill)).toEqual([])
  await engine.undelete(id)
  expect(await query(engine, id, 'select n from t')).toEqual([[1]])
  await engine.destroy(id)
})

test('is stopped while it is copied, and starts with what it had committed', async () => {
  const id = await make()
  const copy = newId('database')
  // By when it is stopped, it is copied as one that sleeps, or not at all.
  const staged = engine.stage(copy, { kind: 'database', id, at: 'now', data: true }).then(
    () => 'copied',
    (error: { code: string }) => error.code,
  )
  standstill = await standStillInCopy(engine, id)
  await engine.stop(id)
  expect(['copied', 'unavailable']).toContain(await staged)
  expect(alive(standstill)).toEqual([])
  await engine.discard(copy)
  expect(entriesOf(copy)).toEqual([])
  expect(await query(engine, id, 'select n from t')).toEqual([[1]])
})

test('a backup of it is called off by its signal, and none is in the store', async () => {
  const id = await make()
  const backupId = newId('backup')
  const abort = new AbortController()
  const making = engine.backup(id, backupId, { signal: abort.signal })
  const outcome = expect(making).rejects.toMatchObject({ code: 'unavailable' })
  standstill = await standStillInCopy(engine, id)
  abort.abort()
  await outcome
  await expect(engine.verifyBackup(backupId)).rejects.toMatchObject({ code: 'not_found' })
  standstill.end()
  await engine.backup(id, backupId)
  await engine.verifyBackup(backupId)
})

test('a base of it is given up at the limit of a statement, and made once it answers', async () => {
  const id = await make()
  await writeLog(id)
  const access = await accessTo(engine, id)
  let now = Date.now()
  const maintainer = new ArchiveMaintainer(placeServers({ loginKey, home }), {
    windowMs: 86_400_000,
    list: () => [id],
    source: () => ({ files: filesOf(id), inTurn: (work) => work(), find: () => access }),
    exists: () => true,
    limitBytes: () => LIMIT,
    statementLimitMs: 10_000,
    clock: () => now,
  })
  const tending = maintainer.maintain(id)
  standstill = await standStillInCopy(engine, id)
  const before = listBases(filesOf(id)).length
  await tending
  expect(await maintainer.failures()).toMatchObject([{ id }])
  expect(listBases(filesOf(id))).toHaveLength(before)

  standstill.end()
  now = Date.now() + 60_000
  await maintainer.maintain(id)
  expect(await maintainer.failures()).toEqual([])
  expect(bytesOf(filesOf(id).archive)).toBeLessThan(LIMIT)
})

test('does not keep the engine from closing, which stops the others cleanly', async () => {
  const own = await createEmbeddedEngine({ loginKey, home: join(base, 'other') })
  const [hostile, other] = [await make(own), await make(own)]
  const backing = own.backup(hostile, newId('backup')).catch(() => {})
  standstill = await standStillInCopy(own, hostile)
  const { epoch } = await own.connect(other)
  await own.close()
  await backing
  expect(alive(standstill)).toEqual([])
  expect(readControlFile(join(own.dataFolder, other, 'data')).isCleanlyStopped).toBe(true)
  expect(() => process.kill(pidOf(epoch), 0)).toThrow('ESRCH')
})

test('is deleted while its service waits for it in its start', async () => {
  const id = await make()
  for (let attempt = 1; ; attempt++) {
    await engine.stop(id)
    const waking = engine.connect(id).then(
      () => 'awake',
      (error: { code: string }) => error.code,
    )
    standstill = await standStillOnceReady(filesOf(id))
    if (engine.isRunning(id) && attempt < 20) {
      // It was faster.
      standstill.end()
      await waking
      continue
    }
    expect(engine.isRunning(id)).toBe(false)
    await engine.destroy(id)
    expect(await waking).toBe('unavailable')
    expect(alive(standstill)).toEqual([])
    expect(entriesOf(id)).toEqual([])
    return
  }
})
