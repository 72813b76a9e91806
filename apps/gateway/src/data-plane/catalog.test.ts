/** The catalogs that an isolate keeps: when they are read, and what serves meanwhile. */
import { beforeEach, describe, expect, test } from 'vitest'
import { PostgresError } from '../executor/executor.ts'
import { Lru } from '../lru.ts'
import {
  type CatalogDeps,
  findCatalog,
  findChangedCatalog,
  findNewerCatalog,
  toCatalogRefusal,
} from './catalog.ts'

const textOf = (version: string) =>
  JSON.stringify({
    version,
    relations: [],
    constraints: [],
    views: [],
    functions: [],
    types: [],
    handlers: [],
    roles: [],
  })

let now: number
let version: string
let reads: number
let background: Promise<unknown>[]
/** What the next reads of the catalog do in place of answering. */
let trouble: (() => Promise<never>) | null
let deps: CatalogDeps

beforeEach(() => {
  now = 0
  version = '1'
  reads = 0
  background = []
  trouble = null
  deps = {
    entries: new Lru(10),
    executor: {
      run: async (_, { statements }) => {
        if (statements.length === 1) return { row: [version], rest: null }
        reads++
        if (trouble) return trouble()
        return { row: [textOf(version)], rest: null }
      },
    },
    requestId: 'req_1',
    now: () => now,
    waitUntil: (work) => void background.push(work),
    patienceMs: 20,
  }
})

test('a catalog is read once, again in the background, and again by a request after a minute', async () => {
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

test('a catalog with the same text is the same object, so that its plans stay valid', async () => {
  const first = await findCatalog('db_1', deps)
  now = 100_000
  expect(await findCatalog('db_1', deps)).toBe(first)
  expect(reads).toBe(2)
})

test('after a change, the first request reads the catalog, and the others use it', async () => {
  const stale = await findCatalog('db_1', deps)
  version = '2'
  const newer = await findNewerCatalog('db_1', stale, deps)
  expect(newer.version).toBe('2')
  expect(await findNewerCatalog('db_1', stale, deps)).toBe(newer)
  expect(reads).toBe(2)
})

test('a request with an unknown name asks for the version, and for the catalog only where that changed', async () => {
  const known = await findCatalog('db_1', deps)
  expect(await findChangedCatalog('db_1', known, deps)).toBeNull()
  expect(reads).toBe(1)
  version = '2'
  expect((await findChangedCatalog('db_1', known, deps))?.version).toBe('2')
})

describe('while the catalog cannot be read', () => {
  const fails = async () => {
    throw new PostgresError({ code: '55P03', message: 'canceling statement due to lock timeout' })
  }
  const hangs = () => new Promise<never>(() => {})

  test.each([
    ['fails', fails],
    ['hangs', hangs],
  ])('a read that %s leaves the last catalog in use, and is tried again', async (_, what) => {
    const first = await findCatalog('db_1', deps)
    trouble = what
    now = 61_000
    expect(await findCatalog('db_1', deps)).toBe(first)
    // For a while, no request waits for the next read.
    now = 62_000
    expect(await findCatalog('db_1', deps)).toBe(first)
    trouble = null
    version = '2'
    now = 70_000
    expect((await findCatalog('db_1', deps)).version).toBe('2')
  })

  test('the last catalog is used for five minutes, and no longer', async () => {
    const first = await findCatalog('db_1', deps)
    trouble = fails
    now = 299_000
    expect(await findCatalog('db_1', deps)).toBe(first)
    now = 301_000
    await expect(findCatalog('db_1', deps)).rejects.toBeInstanceOf(PostgresError)
  })

  test('a new version needs the new catalog, and the refusal names the cause', async () => {
    const stale = await findCatalog('db_1', deps)
    trouble = fails
    const error = await findNewerCatalog('db_1', stale, deps).catch((reason: PostgresError) => reason)
    const refusal = toCatalogRefusal(error as PostgresError)
    expect([refusal.status, refusal.code]).toEqual([503, 'DB9506'])
    expect(refusal.message).toContain('lock')
  })

  test('any other error of Postgres says only that the database cannot be reached', () => {
    expect(toCatalogRefusal(new PostgresError({ code: 'XX000', message: 'x' })).code).toBe('DB9504')
  })
})
