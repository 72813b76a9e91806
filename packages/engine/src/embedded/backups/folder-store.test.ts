import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FolderStore } from './folder-store.ts'

let folder: string
let store: FolderStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'db9-folder-store-'))
  store = new FolderStore(join(folder, 'backups'), { dataFolder: folder, bytes: 0 })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const put = (key: string) => store.put(key, Readable.from(['x']))

test('lists the keys below the prefix, or none', async () => {
  expect(await store.list('')).toEqual([])
  for (const key of ['a/data', 'a/manifest', 'ab/data']) await put(key)
  expect((await store.list('')).sort()).toEqual(['a/data', 'a/manifest', 'ab/data'])
  expect((await store.list('a/')).sort()).toEqual(['a/data', 'a/manifest'])
  expect(await store.list('absent/')).toEqual([])
})

test('lists the other backups while some are being removed', async () => {
  const others = Array.from({ length: 100 }, (_, i) => `other-${i}/data`)
  for (const key of ['stays/data', ...others]) await put(key)
  const removals = others.map((key) => store.remove(key))
  const lists = await Promise.all([...Array(20)].flatMap(() => [store.list(''), store.list('stays/')]))
  await Promise.all(removals)
  for (const keys of lists) expect(keys).toContain('stays/data')
  expect(await store.list('')).toEqual(['stays/data'])
})

test('a backup ends before it takes the reserve of the volume of the databases, and leaves nothing', async () => {
  const all = statfsSync(folder)
  const reserve = { dataFolder: folder, bytes: 2 * all.blocks * all.bsize }
  const full = new FolderStore(join(folder, 'full'), reserve)
  await expect(full.put('a/data', Readable.from(['x']))).rejects.toMatchObject({ code: 'no_space' })
  expect(readdirSync(join(folder, 'full'))).toEqual([])
})
