/** What preflights of databases that do and do not exist make an isolate ask. */
import type { DatabaseOrigins } from '@db9/types/internal'
import { beforeEach, expect, test } from 'vitest'
import { KnownOrigins } from './known-origins.ts'
import { answerPreflight, type PreflightDeps } from './preflight.ts'

const APP = 'https://app.example'
const OTHER = 'https://other.example'

let now: number
let known: KnownOrigins
let databases: Map<string, DatabaseOrigins>
let reads: string[]
let objects: string[]
let failures: number
let most: number
let works: Promise<unknown>[]
beforeEach(() => {
  now = 1_000_000
  known = new KnownOrigins()
  databases = new Map([['db_real', { origins: [APP], version: 1 }]])
  reads = []
  objects = []
  failures = 0
  most = Number.POSITIVE_INFINITY
  works = []
})

function preflight(databaseId: string, origin = APP): 'allowed' | 'refused' | 'over' {
  const ask = (asked: string[]) => async (id: string) => {
    asked.push(id)
    return databases.get(id) ?? null
  }
  const deps: PreflightDeps = {
    known,
    read: ask(reads),
    readFromObject: ask(objects),
    isOver: () => failures >= most,
    countFailure: () => ++failures > most,
    now: () => now,
    waitUntil: (work) => works.push(work),
  }
  const response = answerPreflight({ get: () => origin }, databaseId, deps)
  if (response === null) return 'over'
  expect(response.status).toBe(204)
  return response.headers.has('access-control-allow-origin') ? 'allowed' : 'refused'
}

async function settled(): Promise<void> {
  await Promise.all(works.splice(0))
}

/** A preflight of a database that exists, and what it made the isolate read. */
async function warmUp(): Promise<void> {
  preflight('db_real')
  await settled()
}

test('the first preflight is allowed and causes one read, and the next ones are answered from that', async () => {
  expect([preflight('db_real', OTHER), preflight('db_real', OTHER)]).toEqual(['allowed', 'allowed'])
  await settled()
  expect([preflight('db_real'), preflight('db_real', OTHER)]).toEqual(['allowed', 'refused'])
  expect([reads, objects]).toEqual([['db_real'], []])
})

test('only the object of a database that exists is asked, once a second while an origin is refused', async () => {
  await warmUp()
  now += 1_500
  databases.set('db_real', { origins: [APP, OTHER], version: 2 })
  for (let i = 0; i < 10; i++) preflight('db_real', OTHER)
  await settled()
  expect([objects, preflight('db_real', OTHER)]).toEqual([['db_real'], 'allowed'])
  now += 59_000
  preflight('db_real')
  expect(objects.length).toBe(1)
  now += 2_000
  preflight('db_real')
  expect(objects.length).toBe(2)
})

test('an id without a database is looked up seldom, and its preflights count as failures', async () => {
  preflight('db_none')
  await settled()
  expect([preflight('db_none'), preflight('db_none'), failures]).toEqual(['refused', 'refused', 3])
  expect([reads, objects]).toEqual([['db_none'], []])
  now += 11_000
  preflight('db_none')
  expect(reads.length).toBe(2)
})

test('an address with too many failures causes no reads, and known databases are still answered for', async () => {
  await warmUp()
  most = 5
  for (let i = 0; i < 100; i++) {
    preflight(`db_${i}`)
    await settled()
  }
  expect(reads.length).toBe(1 + most)
  expect([preflight('db_0'), preflight('db_real'), preflight('db_real', OTHER)]).toEqual([
    'over',
    'allowed',
    'refused',
  ])
})

test('a flood of made-up ids neither delays the reads of known databases nor drops them', async () => {
  await warmUp()
  for (let i = 0; i < 10_000; i++) {
    preflight(`db_${i}`)
    if (i % 20 === 0) await settled()
  }
  now += 1_500
  expect(preflight('db_real', OTHER)).toBe('refused')
  expect(objects).toEqual(['db_real'])
})

test('at most 32 ids are read at once, and an id whose read failed is read again', async () => {
  for (let i = 0; i < 100; i++) preflight(`db_${i}`)
  expect(reads.length).toBe(32)
  await settled()
  preflight('db_99')
  expect(reads.length).toBe(33)
})

test('a database that has changed is read again', async () => {
  await warmUp()
  known.forget('db_real')
  preflight('db_real')
  expect(reads.length).toBe(2)
})

test('the object of a database that is gone is not asked again', async () => {
  await warmUp()
  databases.clear()
  now += 61_000
  await warmUp()
  expect([preflight('db_real'), objects.length]).toEqual(['refused', 1])
})
