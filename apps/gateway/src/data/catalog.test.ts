import { beforeEach, expect, test } from 'vitest'
import { Lru } from '../lru.ts'
import { type CatalogDeps, findCatalog, findChangedCatalog, findNewerCatalog } from './catalog.ts'

const textOf = (version: string) =>
  JSON.stringify({ version, relations: [], constraints: [], views: [], functions: [], types: [], roles: [] })

let now: number
let version: string
let reads: number
let background: Promise<unknown>[]
let deps: CatalogDeps

beforeEach(() => {
  now = 0
  version = '1'
  reads = 0
  background = []
  deps = {
    entries: new Lru(10),
    executor: {
      run: async (_, { statements }) => {
        if (statements.length === 1) return { row: [version], rest: null }
        reads++
        return { row: [textOf(version)], rest: null }
      },
    },
    requestId: 'req_1',
    now: () => now,
    waitUntil: (work) => void background.push(work),
  }
})

test('a catalog is read once, again in the background, and anew after a minute', async () => {
  const first = await findCatalog('db_1', deps)
  now = 30_000
  expect(await findCatalog('db_1', deps)).toBe(first)
  expect(reads).toBe(1)
  version = '2'
  now = 45_000
  const together = await Promise.all([findCatalog('db_1', deps), findCatalog('db_1', deps)])
  expect(together).toEqual([first, first])
  await Promise.all(background)
  expect([reads, (await findCatalog('db_1', deps)).version]).toEqual([2, '2'])
  version = '3'
  now = 200_000
  expect((await findCatalog('db_1', deps)).version).toBe('3')
})

test('one that reads the same is the same object, so that what was planned on it stays good', async () => {
  const first = await findCatalog('db_1', deps)
  now = 100_000
  expect(await findCatalog('db_1', deps)).toBe(first)
  expect(reads).toBe(2)
})

test('after a change, the first request reads it and the others take what that one read', async () => {
  const stale = await findCatalog('db_1', deps)
  version = '2'
  const newer = await findNewerCatalog('db_1', stale, deps)
  expect(newer.version).toBe('2')
  expect(await findNewerCatalog('db_1', stale, deps)).toBe(newer)
  expect(reads).toBe(2)
})

test('a request that finds no place asks for the version, and for the catalog only where that changed', async () => {
  const known = await findCatalog('db_1', deps)
  expect(await findChangedCatalog('db_1', known, deps)).toBeNull()
  expect(reads).toBe(1)
  version = '2'
  expect((await findChangedCatalog('db_1', known, deps))?.version).toBe('2')
})
