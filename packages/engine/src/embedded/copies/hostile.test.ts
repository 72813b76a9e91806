/** What code inside a server puts among its files does not multiply in copies, and what Postgres itself makes is copied. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@db9/types/ids'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CopyOrigin } from '../../contract/copies.ts'
import { LEAST_QUOTA_BYTES } from '../../settings.ts'
import { accessTo, adminVerifier, query } from '../../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../../testing/engine.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import { asSuperuser } from '../sql/superuser.ts'
import { diskUsage } from '../storage/disk-usage.ts'

const MB = 2 ** 20

let testEngine: TestEngine
let base: string
let engine: EmbeddedEngine
let source: string
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
  base = testEngine.base
})
afterAll(async () => {
  await testEngine?.dispose()
})
beforeEach(async () => {
  source = newId('database')
  await engine.create({ id: source, adminVerifier })
  await query(engine, source, 'create table t as select 1 as n')
})
afterEach(() => engine.destroy(source))

const backupsFolder = () => join(base, 'home', 'backups')
const storedBackups = () => (existsSync(backupsFolder()) ? readdirSync(backupsFolder()) : [])
const entriesOf = (id: string) => readdirSync(engine.dataFolder).filter((name) => name.startsWith(id))

/** As an exploit of the server: as its own user, in its data directory. */
async function runInside(script: string): Promise<void> {
  const quoted = `( ${script} )`.replaceAll("'", "''")
  const access = await accessTo(engine, source)
  await asSuperuser(access, 'template1', (client) => client.query(`copy (select 1) to program '${quoted}'`))
}

async function copy(origin: CopyOrigin, diskQuotaBytes: number | null = null): Promise<string> {
  const id = newId('database')
  await engine.stage(id, origin, { diskQuotaBytes })
  await engine.resetSecrets(id, { adminVerifier })
  await engine.publish(id)
  return id
}
const branchOf = (id: string): CopyOrigin => ({ kind: 'database', id, at: 'now', data: true })

describe('a backup is refused, leaves nothing, and can be made once they are gone,', () => {
  test.each([
    [
      'where one file has many names',
      'head -c 20000000 /dev/urandom > base/r; for i in $(seq 20); do ln base/r base/r$i; done',
      'base/r*',
    ],
    ['where a file is but a hole', 'truncate -s 1T base/sparse', 'base/sparse'],
    ['where folders are nested', 'd=deep; for i in $(seq 40); do d=$d/d; done; mkdir -p $d', 'deep'],
  ])('%s', async (_, place, placed) => {
    await runInside(place)
    await expect(engine.backup(source, newId('backup'))).rejects.toMatchObject({ code: 'corrupt' })
    expect(storedBackups()).toEqual([])
    await runInside(`rm -r ${placed}`)
    const backupId = newId('backup')
    await engine.backup(source, backupId)
    expect(storedBackups()).toEqual([backupId])
    await engine.deleteBackup(backupId)
    expect(await query(engine, source, 'select n from t')).toEqual([[1]])
  })
})

test('neither a restore nor a branch takes more than its quota, and each leaves nothing', async () => {
  await runInside("head -c 400000000 /dev/zero | tr '\\0' x > base/filler")
  const backupId = newId('backup')
  await engine.backup(source, backupId)
  for (const origin of [branchOf(source), { kind: 'backup', backupId } as const]) {
    const id = newId('database')
    await expect(engine.stage(id, origin, { diskQuotaBytes: LEAST_QUOTA_BYTES })).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('larger quota'),
    })
    expect(entriesOf(id)).toEqual([])
    const whole = await copy(origin)
    expect(await query(engine, whole, 'select n from t')).toEqual([[1]])
    await engine.destroy(whole)
  }
  await engine.deleteBackup(backupId)
})

test('what has holes has them in a restore, too', async () => {
  await runInside('truncate -s 600M base/sparse')
  const backupId = newId('backup')
  await engine.backup(source, backupId)
  const restored = await copy({ kind: 'backup', backupId }, LEAST_QUOTA_BYTES)
  const data = join(engine.dataFolder, restored, 'data')
  expect(statSync(join(data, 'base', 'sparse')).size).toBe(600 * MB)
  expect(await diskUsage(data)).toBeLessThan(150 * MB)
  await engine.destroy(restored)
  await engine.deleteBackup(backupId)
})

test('a database with a large table, a hash index and emptied tables is backed up, branched and restored', async () => {
  const statements = [
    'create table large (n int, filler text storage external)',
    "insert into large select n, repeat('x', 1000000) from generate_series(1, 120) n",
    'create table hashed as select n from generate_series(1, 100000) n',
    'create index on hashed using hash (n)',
    'create table emptied as select * from hashed',
    'delete from emptied',
    'vacuum emptied',
  ]
  for (const statement of statements) await query(engine, source, statement)
  const backupId = newId('backup')
  await engine.backup(source, backupId)
  const copies = [await copy(branchOf(source)), await copy({ kind: 'backup', backupId })]
  for (const id of copies) {
    expect(await query(engine, id, 'select count(*)::int, sum(length(filler))::int from large')).toEqual([
      [120, 120_000_000],
    ])
    expect(
      await query(engine, id, 'select n from hashed where n = 77777', {
        options: '-c enable_seqscan=off',
      }),
    ).toEqual([[77_777]])
    await query(engine, id, 'insert into hashed select n from generate_series(1, 1000) n')
    await engine.destroy(id)
  }
  await engine.deleteBackup(backupId)
})

test('a database whose folders no path leads to any more can be deleted', async () => {
  await runInside('perl -e \'for (1..60) { my $n = "d" x 200; mkdir $n or die; chdir $n or die }\'')
  await engine.destroy(source)
  expect(entriesOf(source)).toEqual([])
})
