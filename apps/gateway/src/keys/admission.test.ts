/** Admission to a key: open, charge and refund, while its object answers and while it does not. */
import { QueryError } from '@db9/query'
import { DATA_API_DEFAULTS, type KeyConfig } from '@db9/types/internal'
import { beforeEach, describe, expect, test } from 'vitest'
import { Lru } from '../lru.ts'
import { type Charge, openKey } from './admission.ts'
import { type Bucket, grant, type LeaseCall, newBucket } from './bucket.ts'
import type { AdmissionDeps, KeyObjectReply } from './object-client.ts'

const KEY = 'pk_1'
const READ = { cost: 1, isRead: true, callers: () => ['a:1'] }
const WRITE = { cost: 1, isRead: false, callers: () => ['a:1'] }

let now: number
let config: KeyConfig
let bucket: Bucket
let calls: LeaseCall[]
/** How the object behaves: null answers. */
let trouble: 'throws' | 'hangs' | null
let background: Promise<unknown>[]
let deps: AdmissionDeps

beforeEach(() => {
  now = 1_000_000
  calls = []
  trouble = null
  background = []
  config = {
    version: 1,
    key: {
      id: KEY,
      sha256: '',
      status: 'active',
      expires_at: null,
      limit_group: KEY,
      allowed_origins: null,
      allow_no_origin: false,
      exposed_schemas: ['public'],
      exposed_tables: null,
      exposed_functions: [],
      require_rls: true,
      rate_limit: { rps: 100, burst: 200, costs: { write: 1, rpc: 1 } },
      on_limiter_failure: 'reads',
    },
    database: { id: 'db_1', state: 'ACTIVE' },
    byo_jwt: null,
    sync_users: false,
    data_api: DATA_API_DEFAULTS,
  }
  bucket = newBucket(config.key.rate_limit, now)
  deps = {
    entries: new Lru(10),
    callObject: async (_, call, known): Promise<KeyObjectReply> => {
      calls.push(call)
      if (trouble === 'throws') throw new Error('overloaded')
      if (trouble === 'hangs') return new Promise(() => {})
      const granted = grant(bucket, config.key.rate_limit, call, now)
      return {
        kind: 'granted',
        grant: granted,
        version: config.version,
        config: known === config.version ? null : config,
      }
    },
    now: () => now,
    random: () => 0,
    waitUntil: (work) => void background.push(work),
    onFailure: () => {},
  }
})

/** The key, opened for a request. Throws the refusal. */
async function open(charge: Charge) {
  const key = await openKey(KEY, charge, deps)
  if (key instanceof QueryError) throw key
  return key
}

async function admit(charge: Charge): Promise<void> {
  const charged = await (await open(charge)).charge(charge)
  if (charged instanceof QueryError) throw charged
}

describe('while its object answers', () => {
  test('a key object is called once, and then tokens come from the lease', async () => {
    for (let i = 0; i < 4; i++) await admit(READ)
    await Promise.all(background)
    expect(calls.filter(({ need }) => need > 0).length).toBe(1)
  })

  test('a change of the configuration counts within a second', async () => {
    await admit(READ)
    config = { ...config, version: 2, key: { ...config.key, status: 'revoked' } }
    now += 1000
    expect((await open(READ)).served.config.key.status).toBe('revoked')
  })

  test('the tokens of a refused request go back once', async () => {
    const key = await open(READ)
    key.refund()
    key.refund()
    now += 2000
    await open(READ)
    expect(calls.at(-1)?.closed.filter(({ id }) => id === 1)).toEqual([{ id: 1, unspent: 1 }])
  })

  test('a cost above the burst counts as the burst, so that such a request can be admitted', async () => {
    config.key.rate_limit = { rps: 1, burst: 3, costs: { write: 10, rpc: 1 } }
    bucket = newBucket(config.key.rate_limit, now)
    const costly = () => admit({ ...WRITE, cost: 10 })
    await costly()
    await expect(costly()).rejects.toMatchObject({ status: 429 })
  })

  test('a key that was denied is refused without another call until the wait is over, and then admitted', async () => {
    config.key.rate_limit = { rps: 10, burst: 2, costs: { write: 1, rpc: 1 } }
    bucket = newBucket(config.key.rate_limit, now)
    let passed = 0
    const refused = async () => {
      for (;;) {
        try {
          await admit(READ)
          passed++
        } catch (error) {
          return error
        }
      }
    }
    expect(await refused()).toMatchObject({ status: 429 })
    const asked = calls.length
    expect(await refused()).toMatchObject({
      status: 429,
      headers: expect.arrayContaining([['Retry-After', '1']]),
    })
    expect(calls.length).toBe(asked)
    const before = passed
    now += 500
    await admit(READ)
    expect([before, calls.length]).toEqual([2, asked + 1])
  })
})

describe.each(['throws', 'hangs'] as const)('while its object %s', (how) => {
  beforeEach(async () => {
    await admit(READ)
    now += 1000
    trouble = how
  })

  test('reads are served for a minute, at a twentieth of the rate', async () => {
    const start = performance.now()
    for (let i = 0; i < 10; i++) await admit(READ)
    expect(performance.now() - start).toBeLessThan(400)
    await expect(admit(READ)).rejects.toMatchObject({ status: 429 })
    now += 58_000
    await admit(READ)
    now += 2_000
    await expect(admit(READ)).rejects.toMatchObject({ status: 503, code: 'DB9032' })
  })

  test('a key with on_limiter_failure closed is refused', async () => {
    config.key.on_limiter_failure = 'closed'
    await expect(admit(READ)).rejects.toMatchObject({ status: 503 })
  })

  test('requests are served again as soon as the object answers', async () => {
    await admit(READ)
    trouble = null
    now += 1000
    await admit(WRITE)
  })
})

test('while its object throws, writes are refused', async () => {
  await admit(WRITE)
  now += 1000
  trouble = 'throws'
  await expect(admit(WRITE)).rejects.toMatchObject({ status: 503, code: 'DB9032' })
})

test('a key that the control API does not know gets 401, and is not looked up again at once', async () => {
  deps.callObject = async (_, call) => {
    calls.push(call)
    return { kind: 'unknown' }
  }
  for (let i = 0; i < 5; i++) await expect(open(READ)).rejects.toMatchObject({ status: 401 })
  expect(calls.length).toBe(1)
  now += 2_000
  await expect(open(READ)).rejects.toMatchObject({ status: 401 })
  expect(calls.length).toBe(2)
})

test('a read with a key that was not used for a minute waits for a slow object', async () => {
  await admit(READ)
  now += 61_000
  const { callObject } = deps
  deps.callObject = async (...args) => {
    await new Promise((resolve) => setTimeout(resolve, 400))
    return callObject(...args)
  }
  await admit(READ)
})
