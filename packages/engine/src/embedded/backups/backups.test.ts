import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { newId } from '@db9/types/ids'
// @ts-expect-error: it comes without types
import S3rver from 's3rver'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminVerifier, knowing, loginKey, makeOpenFolder, query } from '../../testing/databases.ts'
import { createEmbeddedEngine } from '../create.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'
import type { BackupLocation } from './location.ts'

const BUCKET = 'backups'

let base: string
let s3: { run(): Promise<AddressInfo>; close(): Promise<void> }
let endpoint: string
beforeAll(async () => {
  base = makeOpenFolder()
  s3 = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: join(base, 's3'),
    configureBuckets: [{ name: BUCKET }],
  })
  const { port } = await s3.run()
  endpoint = `http://127.0.0.1:${port}`
  // The server's own, which it checks signatures by.
  process.env.AWS_ACCESS_KEY_ID = 'S3RVER'
  process.env.AWS_SECRET_ACCESS_KEY = 'S3RVER'
})
afterAll(async () => {
  await s3?.close()
  rmSync(base, { recursive: true, force: true })
})

describe.each([
  ['a folder', (): BackupLocation => ({ location: join(base, 'folder') }), () => join(base, 'folder')],
  [
    'an S3 bucket',
    (): BackupLocation => ({ location: `s3://${BUCKET}/of-db9`, s3Endpoint: endpoint }),
    () => join(base, 's3', BUCKET),
  ],
])('in %s', (name, location, placeOf) => {
  let engine: EmbeddedEngine
  let id: string
  beforeAll(async () => {
    const home = join(base, name.replaceAll(' ', '-'))
    engine = await createEmbeddedEngine({ loginKey, home, backups: location() })
    id = newId('database')
    await engine.create({ id, adminVerifier })
    await query(engine, id, 'create table t as select i from generate_series(1, 1000) as i')
  })
  afterAll(() => engine?.close())

  test('a backup of a running database restores to its rows, and can be made again without harm', async () => {
    const backupId = newId('backup')
    const facts = await engine.backup(id, backupId)
    expect(facts.sizeBytes).toBeGreaterThan(0)
    expect((await engine.backup(id, backupId)).checksum).toBe(facts.checksum)
    expect((await engine.inspect()).backups).toContain(backupId)
    await query(engine, id, 'insert into t values (1001)')

    const copy = newId('database')
    await engine.stage(copy, { kind: 'backup', backupId })
    await engine.resetSecrets(copy, { adminVerifier })
    await engine.publish(copy)
    expect(await query(engine, copy, 'select count(*)::int, max(i) from t')).toEqual([[1000, 1000]])
    await engine.destroy(copy)
    await engine.deleteBackup(backupId)
    await engine.deleteBackup(backupId)
    expect((await engine.inspect()).backups).not.toContain(backupId)
  })

  test('one whose bytes were changed is found by its checksum, and is not restored', async () => {
    const backupId = newId('backup')
    await engine.backup(id, backupId)
    await engine.verifyBackup(backupId)
    for (const at of [0.2, 0.4, 0.6, 0.8]) {
      flipByte(placeOf(), backupId, at)
      await expect(engine.verifyBackup(backupId)).rejects.toMatchObject({ code: 'corrupt' })
    }
    const copy = newId('database')
    await expect(engine.stage(copy, { kind: 'backup', backupId })).rejects.toMatchObject({ code: 'corrupt' })
    await expect(engine.connect(copy)).rejects.toMatchObject({ code: 'not_found' })
    await engine.discard(copy)
    await engine.deleteBackup(backupId)
  })

  test('one that is given up while it is made leaves nothing', async () => {
    const backupId = newId('backup')
    const giveUp = new AbortController()
    const making = engine.backup(id, backupId, { signal: giveUp.signal })
    giveUp.abort()
    await expect(making).rejects.toThrow()
    expect(JSON.stringify(await engine.inspect())).not.toContain(backupId)
    await expect(engine.verifyBackup(backupId)).rejects.toMatchObject({ code: 'not_found' })
  })
})

test('a store that does not answer fails the backup with a reason that holds no secret', async () => {
  const home = join(base, 'unreachable')
  const engine = await createEmbeddedEngine({
    loginKey,
    home,
    backups: { location: `s3://${BUCKET}`, s3Endpoint: 'http://127.0.0.1:1' },
  })
  const id = newId('database')
  await engine.create({ id, adminVerifier })
  const failure = await engine.backup(id, newId('backup')).catch((error: Error) => error)
  expect(failure).toMatchObject({ code: 'unavailable' })
  expect(String(failure)).not.toContain('S3RVER')
  await engine.close()
})

test('leaves files that are no backups in the place of the backups', async () => {
  const location = join(base, 'shared-place')
  const theirs = join(location, 'family-photos', 'one.jpg')
  mkdirSync(dirname(theirs), { recursive: true })
  writeFileSync(theirs, 'precious')
  const partial = newId('backup')
  mkdirSync(join(location, partial))
  writeFileSync(join(location, partial, 'data.tar.zst'), 'cut short')

  const engine = await createEmbeddedEngine({
    loginKey,
    home: join(base, 'shared-home'),
    backups: { location },
  })
  await engine.reconcile(knowing([]))
  expect(readFileSync(theirs, 'utf8')).toBe('precious')
  expect(readdirSync(location)).toEqual(['family-photos'])
  expect(await engine.inspect()).toMatchObject({ backups: [], leftovers: [] })
  await engine.close()
})

/** At a part of the largest file that belongs to the backup. */
function flipByte(place: string, backupId: string, part: number): void {
  const files = readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => path.includes(backupId))
    .map((path) => ({ path, content: readFileSync(path) }))
    .sort((a, b) => b.content.length - a.content.length)
  const [largest] = files
  if (!largest) throw new Error('the backup has no file')
  const at = Math.floor(largest.content.length * part)
  largest.content[at] = (largest.content[at] ?? 0) ^ 1
  writeFileSync(largest.path, largest.content)
}
